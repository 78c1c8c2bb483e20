-- Sends the requests of a file as they are: each is its length on a line of its own, then its bytes.
-- Arguments: the file; then "again" where its requests may be sent more than once.
local requests, place, again = {}, 0, false

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for length in file:lines() do
    requests[#requests + 1] = file:read(tonumber(length))
  end
  file:close()
  again = args[2] == "again"
end

function request()
  place = place + 1
  if place > #requests then
    if not again then
      wrk.thread:stop()
    end
    place = 1
  end
  return requests[place]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  io.write(string.format('\n{"requests":%d,"microseconds":%d,"failed":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, failed, latency:percentile(50), latency:percentile(99)))
end
