-- Reads of objects: the gateway says whether, and with which headers. The content comes from the file itself, which nginx sends
-- faster than it could pass it on.
local identity = require "identity"
local posix = require "posix"
local relay = require "relay"

local M = {}

local OF_NGINX = { ["content-range"] = true, ["accept-ranges"] = true }
local sending = {} -- by the request's id: what is known of a file that nginx is about to send

-- Which file it is, and what tells of its content.
local function content_of(fd)
  local found = fd and posix.stat(fd)
  return found and found.inode .. " " .. found.born, found and found.mtime .. " " .. found.size
end

-- A header's value as it is to be, nil for none: no coding of a transfer, and the ETag of what the file holds.
local function corrected(name, value, etag)
  name = name:lower()
  if name == "content-encoding" then
    local kept = identity.coding(value)
    return kept ~= "" and kept or nil
  end
  if etag and name == "etag" then return nil end
  if etag and name:find("x-amz-checksum-", 1, true) then return nil end
  return value
end

local function is_plain(asks)
  for name in pairs(asks) do
    if not name:find "^X%-Amz%-" and not name:find "^response%-" and name ~= "x-id" then return false end
  end
  return ngx.req.get_method() == "GET" and not ngx.var.http_if_range
end

-- Whether a file is still at a path.
local function is_at(root, path, file)
  local fd = posix.open(root, path)
  local found = content_of(fd)
  if fd then posix.close(fd) end
  return found == file
end

-- Answers a read of what is open as `fd`, or returns for nginx to pass it on: all but those of a whole file or one range of it.
-- Returns true where another file has come in its place meanwhile: the gateway has told of that one, or of both.
function M.read(root, path, fd, kind, etag, asks)
  ngx.ctx.etag = etag
  if kind ~= "file" or not is_plain(asks) then
    if fd then posix.close(fd) end
    return false
  end
  ngx.ctx.unless = ngx.ctx.unless or ngx.var.http_if_none_match
  local file, before = content_of(fd)
  local told = { fd = fd, before = before }
  sending[ngx.var.id] = told -- closed with the request at the latest, however that ends
  local status, headers, text = relay.pass(nil, nil, function(answered) return answered == 200 or answered == 206 end)
  if not is_at(root, path, file) then
    M.ended()
    return true
  end
  if status ~= 200 and status ~= 206 then return relay.answer(status, headers, text) end
  local kept = {}
  for _, header in ipairs(headers) do
    local value = corrected(header[1], header[2], etag)
    if value and not OF_NGINX[header[1]:lower()] then kept[#kept + 1] = { header[1], value } end
  end
  if etag then kept[#kept + 1] = { "ETag", etag } end
  if etag and ngx.ctx.unless == etag then return relay.answer(304, kept, "") end
  if status == 200 then ngx.req.clear_header "Range" end
  told.headers = kept
  ngx.var.file = "/proc/self/fd/" .. fd -- this file, also when another comes in its place now
  return ngx.exec "/.file"
end

-- Sets the headers of a file that nginx sends. Of one that somebody is writing into, neither ETag nor checksums are sent.
function M.sent()
  local told = sending[ngx.var.id]
  if not told then return end
  local _, now = content_of(told.fd)
  M.ended()
  if ngx.status ~= 200 then return ngx.exit(ngx.ERROR) end
  relay.set(told.headers)
  if now == told.before then return end
  for _, header in ipairs(told.headers) do
    local name = header[1]:lower()
    if name == "etag" or name:find("x-amz-checksum-", 1, true) then ngx.header[header[1]] = nil end
  end
end

-- Closes a file that nginx has opened itself by now, or will not send.
function M.ended()
  local id = ngx.var.id
  local told = sending[id]
  if not told then return end
  sending[id] = nil
  posix.close(told.fd)
end

-- Corrects the headers of an object that nginx passes back.
function M.passed()
  local etag = ngx.ctx.etag
  if ngx.status >= 300 then return end
  for name, value in pairs(ngx.resp.get_headers(0)) do
    if type(value) == "string" then
      local right = corrected(name, value, etag)
      if right ~= value then ngx.header[name] = right end
    end
  end
  if etag then ngx.header["ETag"] = etag end
  if etag and ngx.var.http_if_none_match == etag then
    ngx.status = 304
    ngx.header["Content-Length"] = nil
  end
end

return M
