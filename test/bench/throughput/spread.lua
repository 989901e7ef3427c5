-- For wrk: spreads requests over hosts s0000 to s<n-1>, and prints what came of them as one line of JSON.
-- Arguments: how many hosts.

local requests = {}
local at = 0

function init(args)
  local hosts = tonumber(args[1])
  for i = 0, hosts - 1 do
    -- A stride without a common divisor visits all hosts, and never neighbours in a row.
    local host = string.format("s%04d.example.test", (i * 7919) % hosts)
    requests[i + 1] = wrk.format("GET", "/", { ["Host"] = host, ["User-Agent"] = "wrk" })
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"durationUs":%d,"p99Us":%d,"failed":%d}\n',
    summary.requests, summary.duration, latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
