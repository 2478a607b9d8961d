-- Counts the requests that came by the entry, and tells Prometheus of them.
local M = {}

local METHODS = { GET = true, HEAD = true, PUT = true, POST = true, DELETE = true, OPTIONS = true }
local BOUNDS_S = { 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300 }
local FAMILIES = {
  { "s3_request_bytes_total", "counter" },
  { "s3_request_duration_seconds", "histogram" },
  { "s3_requests_total", "counter" },
  { "s3_response_bytes_total", "counter" },
}
local counts = ngx.shared.counts

local function add(series, amount) counts:incr(series, amount, 0) end

-- Counts a request that has ended.
function M.note()
  if not ngx.var.proxy_protocol_addr then return end -- a health check of the machine
  local method, took_s = ngx.req.get_method(), tonumber(ngx.var.request_time)
  add(('s3_requests_total{method="%s",code="%s"}'):format(METHODS[method] and method or "other", ngx.var.status), 1)
  add("s3_request_bytes_total", tonumber(ngx.var.request_length))
  add("s3_response_bytes_total", tonumber(ngx.var.bytes_sent))
  for _, bound in ipairs(BOUNDS_S) do
    add(('s3_request_duration_seconds_bucket{le="%s"}'):format(bound), took_s <= bound and 1 or 0)
  end
  add('s3_request_duration_seconds_bucket{le="+Inf"}', 1)
  add("s3_request_duration_seconds_sum", took_s)
  add("s3_request_duration_seconds_count", 1)
end

-- Answers Prometheus, in its text format.
function M.answer()
  local series = counts:get_keys(0)
  table.sort(series)
  ngx.header["Content-Type"] = "text/plain; version=0.0.4"
  for _, family in ipairs(FAMILIES) do
    ngx.say("# TYPE ", family[1], " ", family[2])
    for _, one in ipairs(series) do
      if one:sub(1, #family[1]) == family[1] then ngx.say(one, " ", counts:get(one)) end
    end
  end
end

return M
