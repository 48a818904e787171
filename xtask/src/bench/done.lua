-- What wrk measured, in one line that programs can read: requests, microseconds, p50 in microseconds, failures.
done = function(summary, latency)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  io.write(string.format("measured %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), failures))
end
