-- Deletions of many objects by one request, and uploads by forms: what names its keys in the body.
local errors = require "errors"
local folders = require "folders"
local names = require "names"
local relay = require "relay"
local signature = require "signature"

local M = {}

local LARGEST = 4194304 -- bytes of a list of 1,000 keys, escaped
local FORM_HEAD = 131072 -- bytes of a form before its file; S3 has 20 KB
local ENTITIES = { lt = "<", gt = ">", amp = "&", quot = '"', apos = "'" }

local function utf8(code)
  if code < 0x80 then return string.char(code) end
  if code < 0x800 then return string.char(0xc0 + math.floor(code / 0x40), 0x80 + code % 0x40) end
  if code < 0x10000 then
    return string.char(0xe0 + math.floor(code / 0x1000), 0x80 + math.floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
  end
  return string.char(0xf0 + math.floor(code / 0x40000) % 8, 0x80 + math.floor(code / 0x1000) % 0x40,
    0x80 + math.floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
end

local function plain(text)
  return (text:gsub("&(#?)(x?)(%w+);", function(number, hex, name)
    if number == "" then return ENTITIES[hex .. name] end
    local code = tonumber(name, hex == "x" and 16 or 10)
    return code and utf8(code)
  end))
end
M.plain = plain

-- What is read here, as far as its keys, tells how long it is.
function M.must_tell_length()
  if not ngx.var.http_transfer_encoding then return end
  return errors.refuse(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
end

local function read(length)
  local client, parts = ngx.req.socket(), {}
  while length > 0 do
    local piece = client and client:receiveany(math.min(length, 65536))
    if not piece then return nil end
    parts[#parts + 1], length = piece, length - #piece
  end
  return table.concat(parts)
end

-- Passes the deletion of many objects on. Keys that no file can have are told to be gone, as S3 tells of all keys that are
-- not there; the gateway, which would take "a/../b" for "b", is not told them.
function M.many(root, bucket)
  M.must_tell_length()
  local length = tonumber(ngx.var.http_content_length) or 0
  if length > LARGEST then return errors.refuse(400, "MalformedXML", "The list of objects is too long.") end
  local body = read(length)
  if not body then return ngx.exit(499) end
  local possible, gone, keys = {}, {}, {}
  for object in body:gmatch "<%w*:?Object[%s>].-</%w*:?Object%s*>" do
    local key = plain(object:match "<%w*:?Key[^>]*>(.-)</%w*:?Key%s*>" or "")
    local message, code = names.impossible(key)
    if not message then
      possible[#possible + 1], keys[#keys + 1] = object, key
    elseif code == "KeyTooLongError" then
      return errors.refuse(400, code, message, key)
    else
      gone[#gone + 1] = "<Deleted><Key>" .. errors.xml(key) .. "</Key></Deleted>"
    end
  end
  local replaced
  if #gone > 0 then
    if not signature.right(body) then
      return errors.refuse(403, "AccessDenied", "Who deletes keys that no file can have signs with the key of this S3.")
    end
    if #possible > 0 then replaced = signature.signed("<Delete>" .. table.concat(possible) .. "</Delete>") end
  end
  local status, headers, text
  if #gone > 0 and #possible == 0 then
    status, headers = 200, { { "Content-Type", "application/xml" } }
    text = '<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></DeleteResult>'
  else
    local let_go = folders.hold(root, bucket, keys)
    ngx.ctx.let_go = let_go
    status, headers, text = relay.pass(body, replaced)
    let_go()
  end
  if status == 200 and #gone > 0 and not body:find "<%w*:?Quiet>%s*true" then
    text = text:gsub("</DeleteResult>", function(tail) return table.concat(gone) .. tail end)
  end
  return relay.answer(status, headers, text)
end

-- Reads a form as far as its file, and returns what was read and the key that the file is to have, or nil.
function M.form()
  M.must_tell_length()
  local boundary = (ngx.var.http_content_type or ""):match 'boundary="?([^";]+)'
  local client, already = ngx.req.socket(), ""
  if not (boundary and client) then return "", nil end
  ngx.ctx.body = client
  local left = math.min(tonumber(ngx.var.http_content_length) or 0, FORM_HEAD)
  local file
  repeat
    local piece = client:receiveany(left)
    if not piece then return nil end
    already, left = already .. piece, left - #piece
    file = already:match '[Cc]ontent%-[Dd]isposition:[^\r\n]*name="?file"?[^\r\n]*'
  until file or left <= 0
  local key
  for part in ("\r\n" .. already):gmatch("\r\n%-%-" .. boundary:gsub("%p", "%%%0") .. "\r\n(.-)%f[\r\n]\r\n%-%-") do
    if part:match '^[^\r\n]*name="?key"?%s*[\r\n;]' then key = part:match "\r\n\r\n(.*)$" end
  end
  local name = file and file:match 'filename="(.-)"' or ""
  return already, key and key:gsub("%${filename}", (name:gsub("%%", "%%%%")))
end

return M
