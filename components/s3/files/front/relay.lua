-- Passes a request on to the gateway, whole or not at all, and takes its answer.
--
-- The gateway takes a connection that ends early for the end of the body, and stores the piece that came. A connection that is
-- *reset* it takes for an error. A connection is reset when its owner closes it, or dies, with something unread in it: so the
-- gateway is asked for "100 Continue", and that is left unread until the whole body has been passed on.
local errors = require "errors"

local M = {}

local PIECE = 65536 -- bytes that are passed on at once; larger strings cost Lua more than they save
local HOPS = { connection = true, expect = true, ["keep-alive"] = true, ["proxy-connection"] = true, te = true, upgrade = true }
local CONDITIONS = { "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since" }
local RESTART_S = 20 -- in which an update of the gateway is over
local DAY_MS = 86400000 -- copies and uploads of many parts take their time

-- The head of the request as the client sent it: each header is one that it may have signed. `length` is that of a body which
-- came in chunks.
local function head(body, length)
  local lines = { ngx.req.get_method() .. " " .. ngx.var.request_uri .. " HTTP/1.1" }
  for line in ngx.req.raw_header(true):gmatch "([^\r\n]+)" do
    local name = line:match "^([^:%s]+):"
    if name and not HOPS[name:lower()] and not (length and name:lower() == "transfer-encoding") then lines[#lines + 1] = line end
  end
  if length then lines[#lines + 1] = "Content-Length: " .. length end
  if body then lines[#lines + 1] = "Expect: 100-continue" end
  lines[#lines + 1] = "Connection: close\r\n\r\n"
  return table.concat(lines, "\r\n")
end

-- The status and headers of the gateway's next answer.
local function answer(gateway)
  local line, failed = gateway:receive "*l"
  if not line then return nil, failed end
  local status = tonumber(line:match "^HTTP/%d%.%d (%d%d%d)")
  local headers = {}
  repeat
    line, failed = gateway:receive "*l"
    if not line then return nil, failed end
    local name, value = line:match "^([^:]+):%s*(.-)%s*$"
    if name then headers[#headers + 1] = { name, value } end
  until line == ""
  return status, headers
end

local function content(gateway, headers)
  local length, chunked
  for _, header in ipairs(headers) do
    local name = header[1]:lower()
    if name == "content-length" then length = tonumber(header[2]) end
    if name == "transfer-encoding" then chunked = true end
  end
  if chunked then
    local pieces = {}
    while true do
      local size = tonumber((gateway:receive "*l" or ""):match "^%x+", 16)
      if not size or size == 0 then return size and table.concat(pieces) end
      pieces[#pieces + 1] = gateway:receive(size)
      gateway:receive(2)
    end
  end
  return length == 0 and "" or gateway:receive(length or "*a")
end

-- Passes the client's body on, `already` first, which has been read of it. Returns whether the client has sent all of it; the
-- gateway may have refused it before, and the rest is read all the same, so that the client reads the answer.
local function pass_on(gateway, length, already)
  local passing = #already == 0 or gateway:send(already)
  local left = length - #already
  local client = ngx.ctx.body or left > 0 and ngx.req.socket()
  ngx.ctx.body = client
  while left > 0 do
    local piece = client:receiveany(math.min(PIECE, left))
    if not piece then return false end
    left = left - #piece
    if passing then passing = gateway:send(piece) end
  end
  ngx.ctx.body = nil
  return true
end

-- A body that came in chunks, as boto3 sends it over TLS: nginx reads it, into a file if it is large. Returns its length and
-- what reads it as the client's connection is read.
local function unchunked()
  ngx.req.read_body()
  local text, path = ngx.req.get_body_data(), ngx.req.get_body_file()
  local file = path and io.open(path)
  if not file then
    return #(text or ""), { receiveany = function()
      local piece = text
      text = nil
      return piece
    end }
  end
  local length = file:seek "end"
  file:seek "set"
  return length, { receiveany = function(_, size) return file:read(size) end }
end

-- Passes the request on and returns the gateway's status, headers and content. Where the client broke off there is no answer.
-- `enough(status)` tells of which answers the content is not wanted.
function M.pass(already, replaced, enough)
  local length = tonumber(ngx.var.http_content_length) or 0
  local body = length > 0 and not replaced
  local found
  if ngx.var.http_transfer_encoding and not already and not replaced then
    found, ngx.ctx.body = unchunked()
    length, body = found, found > 0
  end
  local gateway = ngx.socket.tcp()
  gateway:settimeouts(5000, 600000, DAY_MS)
  local connected
  for _ = 1, RESTART_S / 0.1 do
    connected = gateway:connect(ngx.var.gateway)
    if connected then break end
    ngx.sleep(0.1)
  end
  if not connected then return errors.refuse(503, "SlowDown", "S3 is starting; please try again.") end
  if not gateway:send(replaced or head(body, found)) then
    return errors.refuse(503, "SlowDown", "S3 is stopping; please try again.")
  end
  if body and not pass_on(gateway, length, already or "") then
    gateway:close()
    return ngx.exit(499)
  end
  local status, headers = answer(gateway)
  while status and status < 200 do status, headers = answer(gateway) end
  local bare = status and (ngx.req.get_method() == "HEAD" or enough and enough(status))
  local text = status and (bare and "" or content(gateway, headers))
  gateway:close()
  -- The gateway has looked at them; nginx would answer a write that was made, and has an ETag, with 304.
  for _, name in ipairs(CONDITIONS) do ngx.req.clear_header(name) end
  if not text then return errors.refuse(500, "InternalError", "S3 ended the request; please try again.") end
  return status, headers, text
end

local SET_HERE = { connection = true, ["content-length"] = true, date = true, server = true, ["transfer-encoding"] = true }

-- Sets the headers of the answer as the gateway did.
function M.set(headers)
  local values = {}
  for _, header in ipairs(headers) do
    local name, value = header[1], header[2]
    if not SET_HERE[name:lower()] then
      values[name] = values[name] and values[name] ~= value and values[name] .. ", " .. value or value
      ngx.header[name] = values[name]
    end
  end
end

-- Answers the client as the gateway did.
function M.answer(status, headers, text)
  ngx.status = status
  M.set(headers)
  ngx.header["Content-Length"] = #text
  ngx.print(text)
  return ngx.exit(status)
end

return M
