//! Archives of a toolchain's makers: fetched, checked, and only then unpacked.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256, Sha512};

use crate::process::{self, interrupt};
use crate::sample::toolchain::{Archive, Hash};
use crate::text;

/// From the name's lookup to the head of the response.
pub const RESPONSE_LIMIT: Duration = Duration::from_secs(15);
/// All of it, over a slow line.
const TRANSFER_LIMIT: Duration = Duration::from_secs(1_200);

/// The largest toolchain that is known here has a tenth of it.
const MOST_BYTES: u64 = 4 << 30;

/// Fetches an archive, whose first response comes within `limit`, and unpacks it as the folder `into`, which is replaced; until then
/// all is in `aside`. `progress` is called for every part that has come: how many bytes so far, and of how many if that is known.
/// Before all of it is here and its hash is right, nothing is unpacked.
pub fn install(
    archive: &Archive,
    (aside, into): (&Path, &Path),
    limit: Duration,
    progress: impl FnMut(u64, Option<u64>),
) -> Result<()> {
    let mut file = tempfile::tempfile_in(aside).context("cannot make a file to fetch into")?;
    process::runtime()?.block_on(interrupt::unless_stopped(async {
        let fetched = tokio::time::timeout(TRANSFER_LIMIT, fetch(archive, &mut file, limit, progress)).await;
        fetched.with_context(|| format!("`{}` was not here after {} s", archive.url, TRANSFER_LIMIT.as_secs()))?
    }))?;
    let aside = tempfile::tempdir_in(aside).context("cannot make a folder to unpack into")?;
    unpack(file, aside.path()).with_context(|| format!("cannot unpack `{}`", archive.url))?;
    if let Ok(there) = into.symlink_metadata() {
        let removed = if there.is_dir() { fs::remove_dir_all(into) } else { fs::remove_file(into) };
        removed.with_context(|| format!("cannot remove `{}`", into.display()))?;
    }
    fs::rename(top(aside.path())?, into).with_context(|| format!("cannot make `{}`", into.display()))
}

async fn fetch(
    archive: &Archive,
    file: &mut File,
    limit: Duration,
    mut progress: impl FnMut(u64, Option<u64>),
) -> Result<()> {
    let url = archive.url.as_str();
    let cannot = || format!("cannot fetch `{url}`");
    storage::prepare_tls();
    let client = reqwest::Client::builder().build().with_context(cannot)?;
    let response = tokio::time::timeout(limit, client.get(url).send()).await;
    let response = response.with_context(|| format!("{}: no response within {limit:?}", cannot()))?;
    let mut response = response.and_then(reqwest::Response::error_for_status).with_context(cannot)?;
    let expected = response.content_length();
    let (mut sha256, mut sha512, mut received) = (Sha256::new(), Sha512::new(), 0);
    while let Some(part) =
        response.chunk().await.with_context(|| format!("`{url}` was cut off after {received} bytes"))?
    {
        received += part.len() as u64;
        ensure!(received <= MOST_BYTES, "`{url}` is larger than {} MiB", MOST_BYTES >> 20);
        sha256.update(&part);
        sha512.update(&part);
        file.write_all(&part).context("cannot write what was fetched")?;
        progress(received, expected);
    }
    let (kind, expected, received) = match &archive.hash {
        Hash::Sha256(expected) => ("sha256", expected, text::hex(&sha256.finalize())),
        Hash::Sha512(expected) => ("sha512", expected, text::hex(&sha512.finalize())),
    };
    ensure!(
        *expected == received,
        "`{url}` is not what the manifest names: its {kind} is {received}, expected {expected}\n\
         hint: compare with what its makers publish, and do not unpack it"
    );
    Ok(())
}

/// Unpacks files, folders and links, and nothing else: whoever writes the hash may not have looked inside.
fn unpack(mut file: File, into: &Path) -> Result<()> {
    use std::io::Seek;
    file.rewind()?;
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(io::BufReader::new(file)));
    // Without the bits that give a program the rights of its owner.
    archive.set_preserve_permissions(false);
    let mut unpacked = 0;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let (name, kind) = (entry.path()?.display().to_string(), entry.header().entry_type());
        unpacked += entry.size();
        match kind {
            tar::EntryType::XGlobalHeader => continue,
            _ if unpacked > MOST_BYTES => bail!("it unpacks to more than {} MiB", MOST_BYTES >> 20),
            _ if kind.is_file() || kind.is_dir() || kind.is_symlink() || kind.is_hard_link() => {}
            _ => bail!("`{name}` is neither a file nor a folder nor a link"),
        }
        ensure!(entry.unpack_in(into)?, "`{name}` climbs out of the archive");
    }
    Ok(())
}

/// What the archive holds: its one folder where it has just one, as most have, else all of it.
fn top(unpacked: &Path) -> Result<PathBuf> {
    let entries: Vec<_> =
        fs::read_dir(unpacked).and_then(Iterator::collect).context("cannot list what was unpacked")?;
    match entries.as_slice() {
        [] => bail!("the archive is empty"),
        [only] if only.file_type().is_ok_and(|kind| kind.is_dir()) => Ok(only.path()),
        _ => Ok(unpacked.to_path_buf()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A `.tar.gz` of `tool-1.2/bin/tool`.
    fn tarball() -> Vec<u8> {
        packed(&[("tool-1.2/bin/tool", tar::EntryType::Regular, "")])
    }

    /// A `.tar.gz` of entries, with the setuid bit: name, kind, and where a link leads.
    fn packed(entries: &[(&str, tar::EntryType, &str)]) -> Vec<u8> {
        let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        for (name, kind, link) in entries {
            let text: &[u8] = if kind.is_file() { b"tool\n" } else { b"" };
            let mut header = tar::Header::new_gnu();
            header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
            header.as_gnu_mut().unwrap().linkname[..link.len()].copy_from_slice(link.as_bytes());
            header.set_entry_type(*kind);
            header.set_size(text.len() as u64);
            header.set_mode(0o4755);
            header.set_cksum();
            tar.append(&header, text).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap()
    }

    fn unpacked(entries: &[(&str, tar::EntryType, &str)]) -> (tempfile::TempDir, Result<()>) {
        let body = packed(entries);
        let (dir, result, _) = installed(serve(body.clone(), body.len()), &sha256(&body));
        (dir, result)
    }

    #[test]
    fn what_is_no_part_of_a_toolchain_is_refused() {
        use tar::EntryType::{Block, Char, Fifo, Link, Regular, Symlink};
        let hostile: [&[(&str, tar::EntryType, &str)]; 8] = [
            &[("../out", Regular, "")],
            &[("/tmp/out", Regular, ""), ("../out", Regular, "")],
            &[("t/up", Symlink, "../.."), ("t/up/out", Regular, "")],
            &[("t/etc", Symlink, "/etc"), ("t/etc/out", Regular, "")],
            &[("t/passwd", Link, "/etc/passwd")],
            &[("t/pipe", Fifo, "")],
            &[("t/disk", Block, "")],
            &[("t/terminal", Char, "")],
        ];
        for entries in hostile {
            let (dir, result) = unpacked(entries);
            assert!(result.is_err(), "{entries:?}");
            assert_eq!(left(&dir), 0, "{entries:?}");
        }
    }

    #[test]
    fn a_link_is_no_toolchain_and_no_program_gets_the_rights_of_its_owner() {
        use std::os::unix::fs::PermissionsExt;
        let (dir, result) = unpacked(&[("etc", tar::EntryType::Symlink, "/etc")]);
        result.unwrap();
        assert!(!dir.path().join("tool").symlink_metadata().unwrap().is_symlink());
        let (dir, result) = unpacked(&[("tool-1.2/bin/tool", tar::EntryType::Regular, "")]);
        result.unwrap();
        let mode = fs::metadata(dir.path().join("tool/bin/tool")).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o755);
    }

    /// Serves one request with `declared` as the length of `body`.
    fn serve(body: Vec<u8>, declared: usize) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let _ = client.read(&mut [0; 4096]);
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {declared}\r\nConnection: close\r\n\r\n");
            let _ = client.write_all(&[head.as_bytes(), &body].concat());
        });
        format!("http://{address}/tool-1.2.tar.gz")
    }

    fn sha256(bytes: &[u8]) -> String {
        text::hex(&Sha256::digest(bytes))
    }

    fn installed(url: String, sha256: &str) -> (tempfile::TempDir, Result<()>, u64) {
        let archive = Archive { url, hash: Hash::Sha256(sha256.to_owned()) };
        let dir = tempfile::tempdir().unwrap();
        let mut received = 0;
        let limit = Duration::from_millis(300);
        let result = install(&archive, (dir.path(), &dir.path().join("tool")), limit, |bytes, _| received = bytes);
        (dir, result, received)
    }

    fn left(dir: &tempfile::TempDir) -> usize {
        fs::read_dir(dir.path()).unwrap().count()
    }

    #[test]
    fn a_good_one_is_unpacked_without_its_top_folder() {
        let body = tarball();
        let (dir, result, received) = installed(serve(body.clone(), body.len()), &sha256(&body));
        result.unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("tool/bin/tool")).unwrap(), "tool\n");
        assert_eq!(received, body.len() as u64);
        assert_eq!(left(&dir), 1);
    }

    #[test]
    fn a_wrong_hash_is_refused_before_anything_is_unpacked() {
        let body = tarball();
        let (dir, result, _) = installed(serve(body.clone(), body.len()), &sha256(b"other"));
        let error = format!("{:#}", result.unwrap_err());
        assert!(error.contains(&sha256(&body)) && error.contains(&sha256(b"other")), "{error}");
        assert_eq!(left(&dir), 0);
    }

    #[test]
    fn a_cut_transfer_is_named_as_such() {
        let body = tarball();
        let (dir, result, _) = installed(serve(body[..20].to_vec(), body.len()), &sha256(&body));
        let error = format!("{:#}", result.unwrap_err());
        assert!(error.contains("was cut off after 20"), "{error}");
        assert_eq!(left(&dir), 0);
    }

    #[test]
    fn a_server_that_refuses_is_given_up_at_once() {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (_dir, result, _) = installed(format!("http://{address}/x"), &sha256(b""));
        assert!(format!("{:#}", result.unwrap_err()).starts_with("cannot fetch `http://127.0.0.1:"));
    }

    #[test]
    fn a_server_that_never_answers_is_given_up_within_its_limit() {
        // Connections are taken by the system's backlog; nobody ever accepts one.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (_dir, result, _) = installed(format!("http://{}/x", listener.local_addr().unwrap()), &sha256(b""));
        assert!(format!("{:#}", result.unwrap_err()).contains("no response within 300ms"));
    }
}
