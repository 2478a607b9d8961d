-- Lists of objects. The gateway's stop at the first link that leads nowhere, or folder that it may not read; and they show the
-- ETags of what S3 wrote last, not of what is there.
local errors = require "errors"
local identity = require "identity"
local names = require "names"
local posix = require "posix"
local signature = require "signature"

local M = {}

local MOST = 1000
local PLAIN = { ["list-type"] = true, prefix = true, delimiter = true, marker = true, ["max-keys"] = true,
  ["encoding-type"] = true, ["continuation-token"] = true, ["start-after"] = true, ["fetch-owner"] = true, ["x-id"] = true }

local function starts(text, with) return text:sub(1, #with) == with end

-- What is asked for, or nil if it is no list of objects, or one that the gateway has to refuse.
function M.asked(query)
  local asked = {}
  for _, pair in ipairs(query) do
    if PLAIN[pair[1]] then asked[pair[1]] = pair[2] elseif not pair[1]:find "^X%-Amz%-" then return nil end
  end
  local version = asked["list-type"]
  if version and version ~= "2" then return nil end
  local continued = version and asked["continuation-token"]
  local given = asked[version and "start-after" or "marker"]
  asked.after = continued and ngx.decode_base64(continued) or not continued and given or nil
  if continued and not asked.after then return nil end
  local most = tonumber(asked["max-keys"] or MOST)
  if not most or most < 0 or most % 1 ~= 0 or asked["encoding-type"] and asked["encoding-type"] ~= "url" then return nil end
  asked.most = math.min(most, MOST)
  asked.prefix, asked.delimiter, asked.after = asked.prefix or "", asked.delimiter or "", asked.after or ""
  return asked
end

-- The files and folders of an open folder, in the order of their keys.
local function sorted(fd)
  local found = {}
  for _, entry in ipairs(posix.entries(fd) or {}) do
    local own = entry.name == names.OWN or entry.name:find "^%..*%.sgwtmp%.%d+$"
    if entry.kind ~= "other" and not own then
      found[#found + 1] = { name = entry.name .. (entry.kind == "folder" and "/" or ""), folder = entry.kind == "folder" }
    end
  end
  table.sort(found, function(one, other) return one.name < other.name end)
  return found
end

-- Whether there is any object below an open folder.
local function any(fd)
  if posix.get(fd, "etag") then return true end
  local folders = {}
  for _, entry in ipairs(posix.entries(fd) or {}) do
    if entry.kind == "file" then return true end
    if entry.kind == "folder" and entry.name ~= names.OWN then folders[#folders + 1] = entry.name end
  end
  for _, name in ipairs(folders) do
    local inner = posix.open(fd, name, true)
    local found = inner and any(inner)
    if inner then posix.close(inner) end
    if found then return true end
  end
  return false
end

-- Calls `visit(key, folder's fd, name)` for each object below an open folder, in order, until it returns true. Names that
-- `skip(key, folder)` says are passed over, with all that is below them; a folder of which `whole(key)` is visited as one.
local function walk(fd, path, skip, whole, visit)
  for i, entry in ipairs(sorted(fd)) do
    if i % 256 == 0 then ngx.sleep(0.001) end -- others' turn
    local key = path .. entry.name
    if not skip(key, entry.folder) then
      if entry.folder then
        local inner = posix.open(fd, entry.name, true)
        if inner then
          local ended
          if whole(key) then
            ended = any(inner) and visit(key, inner, nil)
          else
            ended = posix.get(inner, "etag") and visit(key, inner, nil) or walk(inner, key, skip, whole, visit)
          end
          posix.close(inner)
          if ended then return true end
        end
      elseif visit(key, fd, entry.name) then
        return true
      end
    end
  end
  return false
end

-- One object as a list shows it; nil if it is gone, or may not be read.
local function shown(fd, name)
  if not name then
    local found = posix.stat(fd)
    return { etag = posix.get(fd, "etag"), size = 0, seconds = found.seconds }
  end
  local file = posix.open(fd, name)
  if not file then return nil end
  local found = posix.stat(file)
  if found.kind ~= "file" then
    posix.close(file)
    return nil
  end
  local etag, checksums = identity.listed(file, found)
  posix.close(file)
  return {
    etag = etag, size = found.size, seconds = found.seconds,
    algorithm = checksums and checksums:match '"Algorithm":"(%w+)"', kind = checksums and checksums:match '"Type":"([%w_]+)"',
  }
end

-- The objects and common prefixes of one page, and what comes last in it if there are more.
local function page(root, bucket, asked)
  local prefix, delimiter, after = asked.prefix, asked.delimiter, asked.after
  local objects, groups, count, last, group = {}, {}, 0, nil, nil
  local function skip(key, folder)
    if group and starts(key, group) then return true end
    if not folder then return not starts(key, prefix) or key <= after end
    if not starts(key, prefix) and not starts(prefix, key) then return true end
    return key < after and not starts(after, key)
  end
  local function whole(key)
    return delimiter == "/" and #key > #prefix and starts(key, prefix) and not (starts(after, key) and after ~= key)
  end
  local function visit(key, fd, name)
    if not starts(key, prefix) or key <= after and not (after == key and whole(key)) then return false end
    local at = delimiter ~= "" and key:find(delimiter, #prefix + 1, true)
    if at then
      group = key:sub(1, at + #delimiter - 1)
      if group == after then return false end
      if count == asked.most then return true end
      groups[#groups + 1], last, count = group, group, count + 1
      return false
    end
    local object = shown(fd, name)
    if not object then return false end
    if count == asked.most then return true end
    object.key = key
    objects[#objects + 1], last, count = object, key, count + 1
    return false
  end
  local fd = asked.most > 0 and posix.open(root, bucket, true)
  local more = fd and walk(fd, "", skip, whole, visit)
  if fd then posix.close(fd) end
  return objects, groups, more and last or nil
end

local function element(name, text) return "<" .. name .. ">" .. text .. "</" .. name .. ">" end

local function named(asked, text)
  if asked["encoding-type"] then return names.escaped(text) end
  return errors.xml(ngx.re.find(text, "^", "u") and text or text:gsub("[\128-\255]", "?"))
end

local function xml(bucket, asked, objects, groups, last)
  local v2 = asked["list-type"]
  local out = { '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' }
  local function add(name, text) if text then out[#out + 1] = element(name, text) end end
  add("Name", bucket)
  add("Prefix", named(asked, asked.prefix))
  add("Delimiter", asked.delimiter ~= "" and named(asked, asked.delimiter))
  add("MaxKeys", asked.most)
  add("EncodingType", asked["encoding-type"])
  add("IsTruncated", tostring(last ~= nil))
  if v2 then
    add("KeyCount", #objects + #groups)
    add("ContinuationToken", asked["continuation-token"] and errors.xml(asked["continuation-token"]))
    add("NextContinuationToken", last and ngx.encode_base64(last))
    add("StartAfter", asked["start-after"] and named(asked, asked["start-after"]))
  else
    add("Marker", named(asked, asked.marker or ""))
    add("NextMarker", last and named(asked, last))
  end
  local owner = (not v2 or asked["fetch-owner"] == "true") and element("Owner", element("ID", signature.access)) or ""
  for _, object in ipairs(objects) do
    out[#out + 1] = "<Contents>" .. element("Key", named(asked, object.key))
      .. element("LastModified", os.date("!%Y-%m-%dT%H:%M:%S.000Z", object.seconds))
      .. element("ETag", errors.xml(object.etag or ""))
      .. (object.algorithm and element("ChecksumAlgorithm", object.algorithm) or "")
      .. (object.kind and element("ChecksumType", object.kind) or "")
      .. element("Size", ("%d"):format(object.size)) .. element("StorageClass", "STANDARD") .. owner .. "</Contents>"
  end
  for _, group in ipairs(groups) do
    out[#out + 1] = element("CommonPrefixes", element("Prefix", named(asked, group)))
  end
  out[#out + 1] = "</ListBucketResult>"
  return table.concat(out)
end

-- Answers with a page of a bucket's objects.
function M.answer(root, bucket, asked)
  local text = xml(bucket, asked, page(root, bucket, asked))
  ngx.header["Content-Type"] = "application/xml"
  ngx.header["Content-Length"] = #text
  ngx.header["Access-Control-Allow-Origin"] = "*"
  ngx.header["x-amz-bucket-region"] = "us-east-1"
  ngx.header["x-amz-request-id"] = ngx.var.id
  ngx.print(text)
  return ngx.exit(200)
end

return M
