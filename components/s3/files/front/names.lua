-- Which keys a file system can hold, and what a request's path says.
local M = {}

local LONGEST = 1024 -- bytes of a key, at S3
local SEGMENT = 255 -- bytes of a name, in every file system
-- The gateway replaces a file by way of ".<name>.sgwtmp.<19 digits>", which has to be a name too.
local LAST_SEGMENT = SEGMENT - #"..sgwtmp." - 19
M.OWN = ".sgwtmp" -- the gateway's own folder in each bucket

local function unescaped(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end
M.unescaped = unescaped

-- Escaped as signatures and listings have it: all but letters, digits and -._~ ; slashes too if `all`.
function M.escaped(text, all)
  return (text:gsub(all and "[^%w%-%._~]" or "[^%w%-%._~/]", function(byte) return string.format("%%%02X", byte:byte()) end))
end

-- The bucket and the key of a path as it was sent, decoded; either may be nil.
function M.parse(uri)
  local path = uri:match("^[^?]*"):gsub("^%a+://[^/]*", "")
  local bucket, key = unescaped(path):match("^/([^/]*)/?(.*)$")
  if bucket == "" and key ~= "" then return "", key end
  return bucket ~= "" and bucket or nil, key ~= "" and key or nil
end

-- Why no file can have this key, and the error's code; nil if one can. `written`: whether one is to be made.
function M.impossible(key, written)
  if #key > LONGEST then
    return ("Your key is too long: it has %d bytes, of %d at most."):format(#key, LONGEST), "KeyTooLongError"
  end
  local why
  local last = key:match("[^/]*$")
  if key:find("%z") then
    why = "has a byte 0"
  elseif key:sub(1, 1) == "/" or key:find("//", 1, true) then
    why = "has an empty part before or between slashes"
  else
    for part in key:gmatch("[^/]+") do
      if part == "." or part == ".." then why = "has a part '" .. part .. "'" end
      if part == M.OWN then why = "has a part '" .. part .. "', which is the service's own" end
      if #part > SEGMENT then
        why = ("has a part of %d bytes between slashes, of %d at most"):format(#part, SEGMENT)
      end
    end
    if not why and written and #last > LAST_SEGMENT then
      why = ("has %d bytes after its last slash, of %d at most"):format(#last, LAST_SEGMENT)
    end
  end
  if why then return "Objects are files here, and none can have this key: it " .. why .. ".", "InvalidArgument" end
end

-- The names of the folders that a key is in, outermost first: "a/b/c" is in "a" and "a/b".
function M.parents(key)
  local found = {}
  for slash in key:gsub("/$", ""):gmatch("()/") do found[#found + 1] = key:sub(1, slash - 1) end
  return found
end

return M
