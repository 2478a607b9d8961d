-- What stands before the S3 gateway on its machine: it keeps from it what a file system cannot hold, and what is no plain file;
-- see docs/files.md.
local deletions = require "deletions"
local errors = require "errors"
local folders = require "folders"
local identity = require "identity"
local listing = require "listing"
local metrics = require "metrics"
local names = require "names"
local objects = require "objects"
local posix = require "posix"
local relay = require "relay"
local signature = require "signature"

local M = {}

local NOT_PLAIN = "It is a link, or lies behind one, or is no plain file."
local CLOSED = "The owner of the file lets S3 neither read nor replace it."
local CLOSED_FOLDER = "The owner of the folder does not let S3 read it."
local NOTHING = { [posix.ENOENT] = true, [posix.ENOTDIR] = true, [posix.EINVAL] = true, [posix.ENAMETOOLONG] = true }
local READS = 20 -- of an object that others replace meanwhile
local ADMIN = { ["/list-buckets"] = true, ["/list-users"] = true }
local root

local function path_of(bucket, key) return bucket .. "/" .. key end

local function changes(method) return method == "PUT" or method == "POST" end

-- Refuses a key that no file can have. S3 has no such object, so its reads find nothing, and its deletion is done.
local function refuse_impossible(method, key, copied)
  local message, code = names.impossible(key, changes(method) and not copied)
  if not message then return end
  if code == "KeyTooLongError" then return errors.refuse(400, code, message, key) end
  if copied or method == "GET" or method == "HEAD" then return errors.refuse(404, "NoSuchKey", message, key) end
  if method == "DELETE" then return errors.refuse(204) end
  return errors.refuse(400, code, message, key)
end

-- Opens what a key names, and refuses what is there and is neither a file nor a folder. nil if nothing is.
local function opened(method, bucket, key, copied)
  local fd, failed = posix.open(root, path_of(bucket, key))
  local kind = fd and posix.stat(fd).kind
  if kind == "file" or kind == "folder" then return fd, kind end
  if fd then posix.close(fd) end
  if NOTHING[failed] then return nil end
  if failed == posix.EACCES then return errors.refuse(403, "AccessDenied", CLOSED, key) end
  if copied or method == "GET" or method == "HEAD" then return errors.refuse(404, "NoSuchKey", NOT_PLAIN, key) end
  if method == "DELETE" then return errors.refuse(204) end
  return errors.refuse(400, "InvalidArgument", NOT_PLAIN, key)
end

local function check_bucket(method, bucket, key)
  if bucket == "" or bucket == "." or bucket == ".." or bucket:find "%z" or #bucket > 255 then
    return errors.refuse(400, "InvalidBucketName", "The specified bucket is not valid.", key)
  end
  local fd, failed = posix.open(root, bucket, true)
  if fd then return posix.close(fd) end
  if failed == posix.EACCES then return errors.refuse(403, "AccessDenied", CLOSED_FOLDER, key) end
  if failed == posix.ENOENT then return end
  if method == "PUT" and not key then
    return errors.refuse(409, "BucketAlreadyExists", "Something that is no folder has the name of this bucket.")
  end
  return errors.refuse(404, "NoSuchBucket", "The specified bucket does not exist.", key)
end

-- Brings ETag and checksums of an open file up to what it holds, for who may ask for it.
local function settle(bucket, fd, kind)
  if kind ~= "file" or identity.current(fd, posix.stat(fd)) then return nil end
  local folder = posix.open(root, bucket, true)
  local shared = folder and posix.get(folder, "policy")
  if folder then posix.close(folder) end
  if shared or signature.right() then return identity.settle(fd) end
end

local function check_source()
  local source = ngx.var.http_x_amz_copy_source
  if not source then return end
  local bucket, key = names.unescaped(source:match "^[^?]*"):match "^/?([^/]*)/(.*)$"
  if not bucket or key == "" then return end
  check_bucket("GET", bucket, key)
  refuse_impossible("GET", key, true)
  local fd, kind = opened("GET", bucket, key, true)
  if not fd then return end
  if kind == "folder" and key:sub(-1) == "/" and posix.get(fd, "etag") then
    posix.close(fd)
    return errors.refuse(501, "NotImplemented", "The object that stands for a folder cannot be copied; put the other one.", key)
  end
  settle(bucket, fd, kind)
  posix.close(fd)
end

local function etag_of(headers, text)
  for _, header in ipairs(headers) do
    if header[1]:lower() == "etag" then return header[2] end
  end
  local found = text:match "<ETag>(.-)</ETag>"
  return found and deletions.plain(found)
end

-- A write of an object: all of it, by whatever request.
local function write(bucket, key, already)
  local missing = folders.missing(root, bucket, key)
  local status, headers, text = relay.pass(already)
  if status < 300 then
    folders.made(root, missing)
    local etag = etag_of(headers, text)
    if etag and key:sub(-1) ~= "/" then identity.written(root, path_of(bucket, key), etag) end
  end
  return relay.answer(status, headers, text)
end

-- Any other request about an object: its tags, a part of an upload. What it changes of the file is not what the file holds.
local function beside(bucket, key, fd, kind)
  local etag = kind == "file" and identity.current(fd, posix.stat(fd)) and posix.get(fd, "etag")
  if fd then posix.close(fd) end
  local status, headers, text = relay.pass()
  if etag then identity.written(root, path_of(bucket, key), etag) end
  return relay.answer(status, headers, text)
end

local function delete(bucket, key)
  local let_go
  if key then let_go = folders.hold(root, bucket, { key }) else folders.prune(root, bucket) end
  ngx.ctx.let_go = let_go
  local status, headers, text = relay.pass()
  if let_go then let_go() end
  return relay.answer(status, headers, text)
end

local function read(method, bucket, key, asks)
  for _ = 1, READS do
    local fd, kind = opened(method, bucket, key)
    local etag = fd and settle(bucket, fd, kind)
    if not objects.read(root, path_of(bucket, key), fd, kind, etag, asks) then return end
  end
  return errors.refuse(503, "SlowDown", "Others replace the object all the while; please try again.", key)
end

local function object(method, bucket, key, asks)
  refuse_impossible(method, key)
  if method == "GET" or method == "HEAD" then return read(method, bucket, key, asks) end
  if changes(method) then check_source() end
  local fd, kind = opened(method, bucket, key)
  if fd and (ngx.var.http_if_match or ngx.var.http_if_none_match) then settle(bucket, fd, kind) end
  local part = asks.partNumber or asks.uploads or method ~= "POST" and asks.uploadId
  local inside = part or asks.tagging or asks.retention or asks["legal-hold"] or asks.acl or asks.select or asks.restore
  if fd and not inside then posix.close(fd) end
  if inside then return beside(bucket, key, fd, kind) end
  if method == "DELETE" then return delete(bucket, key) end
  return write(bucket, key)
end

local function form(bucket)
  local already, key = deletions.form()
  if not already then return ngx.exit(499) end
  if not key then return relay.answer(relay.pass(already)) end
  refuse_impossible("POST", key)
  local fd = opened("POST", bucket, key)
  if fd then posix.close(fd) end
  return write(bucket, key, already)
end

-- Handles a request: answers it, or returns for nginx to pass it on and back, as it does with all reads.
function M.handle()
  root = root or posix.root(ngx.var.files)
  if not root then return errors.refuse(503, "SlowDown", "The folder of the files is not there.") end
  local method, uri = ngx.req.get_method(), ngx.var.request_uri
  local bucket, key = names.parse(uri)
  if method == "PATCH" and not ADMIN[uri:match "^[^?]*"] then
    return errors.refuse(403, "AccessDenied",
      "This S3 has one key and no users of its own: they would be gone with its next start. See docs/files.md.")
  end
  if not bucket or method == "OPTIONS" or method == "PATCH" or uri == "/health" then return end
  check_bucket(method, bucket, key)
  local query, asks = signature.query(uri), {}
  for _, pair in ipairs(query) do asks[pair[1]] = true end
  if key then return object(method, bucket, key, asks) end
  if method == "GET" then
    local asked = listing.asked(query)
    local fd = asked and posix.open(root, bucket, true)
    local rules = fd and posix.get(fd, "cors") and ngx.var.http_origin
    if fd then posix.close(fd) end
    if fd and not rules and signature.right() then return listing.answer(root, bucket, asked) end
  elseif method == "POST" then
    if asks.delete then return deletions.many(root, bucket) end
    return form(bucket)
  elseif method == "DELETE" and not query[1] then
    return delete(bucket)
  elseif method ~= "HEAD" then
    return relay.answer(relay.pass())
  end
end

-- Handles a request; what breaks in here is told in a log, without the request, which is signed.
function M.guarded()
  local done = xpcall(M.handle, function(message) io.stderr:write("front: ", debug.traceback(message), "\n") end)
  if not done then return errors.refuse(500, "InternalError", "We encountered an internal error, please try again.") end
end

-- Ends a request, however it was answered.
function M.ended()
  if ngx.ctx.let_go then ngx.ctx.let_go() end
  objects.ended()
  metrics.note()
end

-- Answers what nginx takes for no request: a path that leads out of its root, or has a byte 0.
function M.bad()
  local _, key = names.parse((ngx.var.request or ""):match "^%S+ (%S+)" or "/")
  return errors.refuse(400, "InvalidArgument", "This is no request, or its key is one that no file can have.", key)
end

return M
