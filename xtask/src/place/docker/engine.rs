//! The container engine: the one file that names bollard. What it can do is said in our own words; errors name the attempt.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use bollard::errors::Error;
use bollard::models::{
    ContainerCreateBody, ContainerInspectResponse, EndpointSettings, HostConfig, NetworkCreateRequest,
    NetworkingConfig, PortBinding,
};
use bollard::query_parameters::{
    BuildImageOptionsBuilder, CreateContainerOptionsBuilder, CreateImageOptionsBuilder, ListContainersOptionsBuilder,
    ListImagesOptionsBuilder, ListNetworksOptionsBuilder, LogsOptionsBuilder, RemoveContainerOptionsBuilder,
    RemoveImageOptions, RenameContainerOptionsBuilder, UploadToContainerOptionsBuilder, WaitContainerOptions,
};
use bollard::{API_DEFAULT_VERSION, Docker};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};

use super::address::{self, Address};
use super::context::{self, Body};
use super::labels::Labels;
use super::resource::{Container, Image, Labelled};

/// An engine answers at once or is not there.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Until the engine begins to answer a request; a build or an import answers as it goes.
const REQUEST_LIMIT_SECONDS: u64 = 120;

/// Its packages come from a mirror that may be slow.
const BUILD_LIMIT: Duration = Duration::from_secs(1_200);
/// Some hundred megabytes, from this machine to its engine.
const IMPORT_LIMIT: Duration = Duration::from_secs(300);

/// Killing a container and taking its file system apart takes a moment on a busy machine.
const REMOVE_LIMIT: Duration = Duration::from_secs(30);
/// How often the engine is asked again where it can only refuse and not say when.
const ASKED_EVERY: Duration = Duration::from_millis(50);

#[derive(Clone, Debug)]
pub struct Engine {
    docker: Docker,
    address: Address,
    /// What it makes containers for, in Docker's words: `amd64`.
    pub architecture: String,
}

impl Engine {
    /// Connects to the engine that the environment names, in the newest version of its language that both speak.
    pub async fn connect() -> Result<Engine> {
        let address = address::current()?;
        let context = address::other_context();
        let hint = match &context {
            _ if address::is_denied(&address) => "you may not use it: join the group `docker` (as root, `usermod --append --groups docker USER`), and log in anew".to_owned(),
            Some(name) => format!(
                "the docker context `{name}` is not read here: set `DOCKER_HOST` to its address \
                 (`docker context inspect {name}`)"
            ),
            None => "`cargo xtask setup` installs and starts one; `DOCKER_HOST` names one elsewhere".to_owned(),
        };
        let opened = within(CONNECT_LIMIT, open(address.clone())).await;
        // The last cause is the one a person can do something about; those before say that it was in the way.
        opened.map_err(|error| anyhow!("no container engine at `{address}`: {}\nhint: {hint}", error.root_cause()))
    }

    /// Whether it is on another machine, where ports are published on every address.
    pub fn is_elsewhere(&self) -> bool {
        self.address.published().1 != "127.0.0.1"
    }

    /// An image by name or id, if the engine has it.
    pub async fn image(&self, name: &str) -> Result<Option<Image>> {
        let found = present(self.docker.inspect_image(name).await);
        let Some(image) = found.with_context(|| format!("cannot inspect the image `{name}`"))? else {
            return Ok(None);
        };
        Ok(Some(Image {
            id: image.id.unwrap_or_default(),
            labels: image.config.and_then(|config| config.labels).unwrap_or_default(),
            architecture: image.architecture.unwrap_or_default(),
            bytes: image.size.unwrap_or_default(),
            tags: image.repo_tags.unwrap_or_default(),
        }))
    }

    pub async fn images(&self, label: &str) -> Result<Vec<Image>> {
        let options = ListImagesOptionsBuilder::default().filters(&filter(label)).build();
        let images = self.docker.list_images(Some(options)).await.context("cannot list images")?;
        let image = |image: bollard::models::ImageSummary| Image {
            id: image.id,
            labels: image.labels,
            architecture: String::new(),
            bytes: image.size,
            tags: image.repo_tags,
        };
        Ok(images.into_iter().map(image).collect())
    }

    pub async fn pull(&self, name: &str, limit: Duration, silence: Duration) -> Result<()> {
        let options = CreateImageOptionsBuilder::default().from_image(name).build();
        let mut progress = self.docker.create_image(Some(options), None, None);
        let pulled = async {
            loop {
                match tokio::time::timeout(silence, progress.next()).await {
                    Ok(None) => return Ok(()),
                    Ok(Some(Ok(_))) => {}
                    Ok(Some(Err(error))) => bail!(said(&error)),
                    Err(_) => bail!("no word from the registry for {} s", silence.as_secs()),
                }
            }
        };
        within(limit, pulled).await
    }

    /// Makes an image of one layer from a tar of a root file system.
    pub async fn import(&self, root: Body, name: &str, labels: &Labels) -> Result<()> {
        let (repository, tag) = name.rsplit_once(':').unwrap_or((name, "latest"));
        let changes = labels.iter().map(|(name, value)| format!("LABEL {name}={value}")).collect();
        let options =
            CreateImageOptionsBuilder::default().from_src("-").repo(repository).tag(tag).changes(changes).build();
        let body = bollard::body_try_stream(root);
        let steps = self.docker.create_image(Some(options), Some(body), None).map_err(|error| anyhow!(said(&error)));
        let imported = within(IMPORT_LIMIT, steps.try_for_each(async |_| Ok(()))).await;
        imported.with_context(|| format!("cannot import `{name}`"))
    }

    /// Builds an image on a base with the classic builder, which every engine has. Layers that are there already are taken.
    pub async fn build(&self, context: Body, base: &str, name: &str, labels: &Labels) -> Result<()> {
        let options = BuildImageOptionsBuilder::default()
            .dockerfile(context::DOCKERFILE)
            .t(name)
            .buildargs(&HashMap::from([("BASE", base)]))
            .labels(labels)
            .rm(true)
            .forcerm(true)
            .build();
        let mut steps = self.docker.build_image(options, None, Some(bollard::body_try_stream(context)));
        let mut log = String::new();
        let built = within(BUILD_LIMIT, async {
            while let Some(step) = steps.next().await {
                log.push_str(&step.map_err(|error| anyhow!(said(&error)))?.stream.unwrap_or_default());
            }
            Ok(())
        });
        let built = built.await;
        built.map_err(|error| anyhow!("cannot build the image `{name}`: {error:#}\n{}", log.trim_end()))
    }

    /// Takes a name from an image, and with its last the image and the layers that only it needs. Not an error if it is gone.
    pub async fn remove_image(&self, name: &str) -> Result<()> {
        let removed = present(self.docker.remove_image(name, None::<RemoveImageOptions>, None).await);
        removed.map(drop).with_context(|| format!("cannot remove the image `{name}`"))
    }

    /// Creates a network. Names need not be unique.
    pub async fn create_network(&self, name: &str, labels: Labels) -> Result<()> {
        let request = NetworkCreateRequest { name: name.to_owned(), labels: Some(labels), ..Default::default() };
        self.docker.create_network(request).await.map(drop).with_context(|| format!("cannot make the network `{name}`"))
    }

    pub async fn networks(&self, label: &str) -> Result<Vec<Labelled>> {
        let options = ListNetworksOptionsBuilder::default().filters(&filter(label)).build();
        let networks = self.docker.list_networks(Some(options)).await.context("cannot list networks")?;
        Ok(networks.into_iter().map(|network| labelled(network.id, network.name, network.labels)).collect())
    }

    /// Removes a network. Not an error when it is gone.
    pub async fn remove_network(&self, id: &str) -> Result<()> {
        present(self.docker.remove_network(id).await)
            .map(drop)
            .with_context(|| format!("cannot remove the network `{id}`"))
    }

    /// Creates a container, without starting it.
    pub async fn create(&self, container: &Container) -> Result<()> {
        let (_, publish_on) = self.address.published();
        let free = || vec![PortBinding { host_ip: Some(publish_on.to_owned()), host_port: Some(String::new()) }];
        let ports = container.ports.iter().map(|port| format!("{port}/tcp"));
        let network = HashMap::from([(container.network.clone(), EndpointSettings::default())]);
        let body = ContainerCreateBody {
            image: Some(container.image.clone()),
            env: Some(container.environment.iter().map(|(name, value)| format!("{name}={value}")).collect()),
            labels: Some(container.labels.clone()),
            exposed_ports: Some(ports.clone().collect()),
            host_config: Some(HostConfig {
                network_mode: Some(container.network.clone()),
                port_bindings: Some(ports.map(|port| (port, Some(free()))).collect()),
                cap_drop: container.confined.then(|| vec!["ALL".to_owned()]),
                security_opt: container.confined.then(|| vec!["no-new-privileges".to_owned()]),
                memory: Some(container.memory_bytes),
                pids_limit: Some(container.pids),
                ..Default::default()
            }),
            networking_config: Some(NetworkingConfig { endpoints_config: Some(network) }),
            ..Default::default()
        };
        let options = CreateContainerOptionsBuilder::default().name(&container.name).build();
        let created = self.docker.create_container(Some(options), body).await;
        created.map(drop).with_context(|| format!("cannot make the container `{}`", container.name))
    }

    /// Unpacks a tar below a folder of a container, which need not run.
    pub async fn upload(&self, container: &str, folder: &str, files: Body) -> Result<()> {
        let options = UploadToContainerOptionsBuilder::default().path(folder).build();
        let body = bollard::body_try_stream(files);
        let uploaded = self.docker.upload_to_container(container, Some(options), body).await;
        uploaded.with_context(|| format!("cannot put files into `{folder}` of the container `{container}`"))
    }

    pub async fn start(&self, container: &str) -> Result<()> {
        let started = self.docker.start_container(container, None).await;
        started.with_context(|| format!("cannot start the container `{container}`"))
    }

    /// What a container prints, from its start to its end, in pieces that need not be lines; `true` is stderr.
    pub fn output(&self, container: &str) -> impl Stream<Item = (bool, Bytes)> + Send + use<> {
        let options = LogsOptionsBuilder::default().follow(true).stdout(true).stderr(true).build();
        self.docker.logs(container, Some(options)).boxed().filter_map(async |piece| match piece {
            Ok(bollard::container::LogOutput::StdErr { message }) => Some((true, message)),
            Ok(other) => Some((false, other.into_bytes())),
            Err(_) => None,
        })
    }

    /// Waits until a container has ended, and says how.
    pub async fn ended(&self, container: &str) -> Result<i64> {
        match self.docker.wait_container(container, None::<WaitContainerOptions>).next().await {
            Some(Ok(response)) => Ok(response.status_code),
            Some(Err(Error::DockerContainerWaitError { code, .. })) => Ok(code),
            Some(Err(error)) => bail!("cannot wait for the container `{container}`: {}", said(&error)),
            None => bail!("cannot wait for the container `{container}`: the engine hung up"),
        }
    }

    /// Whether the kernel ended a container because it used more memory than it was given.
    pub async fn ran_out_of_memory(&self, container: &str) -> bool {
        let state = self.inspected(container).await.state;
        state.and_then(|state| state.oom_killed).unwrap_or(false)
    }

    /// The address under which this machine reaches a published port of a running container.
    pub async fn published(&self, container: &str, port: u16) -> Result<String> {
        let settings = self.inspected(container).await.network_settings;
        let ports = settings.and_then(|settings| settings.ports).unwrap_or_default();
        let binding = ports.get(&format!("{port}/tcp")).cloned().flatten().and_then(|all| all.into_iter().next());
        let chosen = binding.and_then(|binding| binding.host_port);
        let chosen = chosen.with_context(|| format!("port {port} of the container `{container}` is not published"))?;
        Ok(format!("{}:{chosen}", self.address.published().0))
    }

    pub async fn address_in(&self, container: &str, network: &str) -> Result<String> {
        let settings = self.inspected(container).await.network_settings;
        let networks = settings.and_then(|settings| settings.networks).unwrap_or_default();
        let address =
            networks.get(network).and_then(|endpoint| endpoint.ip_address.clone()).filter(|ip| !ip.is_empty());
        address.with_context(|| format!("the container `{container}` has no address in the network `{network}`"))
    }

    /// What is known of a container; nothing if it is gone.
    async fn inspected(&self, container: &str) -> ContainerInspectResponse {
        self.docker.inspect_container(container, None).await.unwrap_or_default()
    }

    /// The containers with a label, running or not.
    pub async fn containers(&self, label: &str) -> Result<Vec<Labelled>> {
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filter(label)).build();
        let containers = self.docker.list_containers(Some(options)).await.context("cannot list containers")?;
        let name = |names: Option<Vec<String>>| names.and_then(|names| names.into_iter().next());
        Ok(containers.into_iter().map(|found| labelled(found.id, name(found.names), found.labels)).collect())
    }

    pub async fn rename(&self, container: &str, name: &str) -> Result<()> {
        let options = RenameContainerOptionsBuilder::default().name(name).build();
        let renamed = self.docker.rename_container(container, options).await;
        renamed.with_context(|| format!("cannot rename the container `{container}` to `{name}`"))
    }

    /// Removes a container with its volumes, running or not. Not an error when it is gone.
    pub async fn remove(&self, container: &str) -> Result<()> {
        let removed = within(REMOVE_LIMIT, self.remove_patiently(container)).await;
        removed.with_context(|| format!("cannot remove the container `{container}`"))
    }

    /// While somebody else is removing it, the engine refuses; but who does may die before it is done, and the engine
    /// give up with them. So it is gone only when the engine says that there is no such container.
    async fn remove_patiently(&self, container: &str) -> Result<()> {
        let mut again = tokio::time::interval(ASKED_EVERY);
        loop {
            again.tick().await;
            let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
            match self.docker.remove_container(container, Some(options)).await {
                Err(Error::DockerResponseServerError { status_code: 409, .. }) => {}
                other => return present(other).map(drop),
            }
        }
    }
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    let done = tokio::time::timeout(limit, work).await;
    done.unwrap_or_else(|_| Err(anyhow!("the engine was not done after {} s", limit.as_secs())))
}

async fn open(address: Address) -> Result<Engine> {
    if let Address::Unix(path) = &address {
        // bollard's own message would not say which file, nor why it cannot be used.
        tokio::net::UnixStream::connect(path).await.map_err(|error| anyhow!(error))?;
    }
    let docker = match &address {
        Address::Unix(path) => Docker::connect_with_unix(path, REQUEST_LIMIT_SECONDS, API_DEFAULT_VERSION),
        Address::Tcp(_) => Docker::connect_with_http(&address.to_string(), REQUEST_LIMIT_SECONDS, API_DEFAULT_VERSION),
    };
    let docker = docker?.negotiate_version().await?;
    let version = docker.version().await?;
    Ok(Engine { docker, address, architecture: version.arch.unwrap_or_default() })
}

/// `None` if the engine says that there is no such thing.
fn present<T>(result: Result<T, Error>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(None),
        Err(error) => Err(anyhow!(said(&error))),
    }
}

/// What the engine said, without bollard's words around it.
fn said(error: &Error) -> String {
    match error {
        Error::DockerResponseServerError { message, .. } => message.clone(),
        Error::DockerStreamError { error } => error.clone(),
        other => other.to_string(),
    }
}

fn filter(label: &str) -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), vec![label.to_owned()])])
}

fn labelled(id: Option<String>, name: Option<String>, labels: Option<Labels>) -> Labelled {
    // A container's name comes with a slash before it, a network's without.
    let name = name.unwrap_or_default().trim_start_matches('/').to_owned();
    Labelled { id: id.unwrap_or_default(), name, labels: labels.unwrap_or_default() }
}
