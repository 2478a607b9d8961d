-- Answers what is asked of Docker about services, tasks and containers without what is nobody's business: environments
-- and arguments. Of the labels of a service, Traefik learns those alone that publish the service itself on ports 80 and
-- 443: an application cannot take a name, a port or a path of the program, nor have Traefik publish what is not its own.
local ENGINE = "unix@/var/run/docker.sock"
local TIMEOUT_MS = 5000 -- in which the engine says something: one that waits for a leader is asked again
local PATIENCE_S = 40 -- with an engine that has no answer
local PAUSE_MS = 200
local PREFIX = "nuvla-swarm-" -- of all that the program's own labels name
local OWN = {} -- services that may have it
for name in (os.getenv("PUBLISHED") or ""):gmatch("[^,]+") do
  OWN[name] = true
end
local KINDS = { routers = true, services = true, middlewares = true } -- of what an application has in Traefik
local ENTRY_POINTS = { web = true, websecure = true }
local S3_NAME = os.getenv("S3_NAME") or "" -- by which S3 has the connections on 443 before Traefik looks for routers
local LONGEST_PRIORITY = 18 -- digits: the program's own routers have more, and come first

-- JSON: a value is taken from one place of a text to another, and passed on as it was written wherever it may be.
local ESCAPED = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local function string_end(text, from)
  local at = from + 1
  while true do
    at = text:find('["\\]', at)
    if text:byte(at) == 34 then
      return at
    end
    at = at + 2
  end
end

local function value_end(text, from)
  local first = text:sub(from, from)
  if first == '"' then
    return string_end(text, from)
  elseif first ~= "{" and first ~= "[" then
    return text:find("[,%]}%s]", from) - 1
  end
  local depth, at = 0, from
  while true do
    at = text:find('["%[%]{}]', at)
    local found = text:sub(at, at)
    if found == '"' then
      at = string_end(text, at)
    else
      depth = depth + ((found == "{" or found == "[") and 1 or -1)
      if depth == 0 then
        return at
      end
    end
    at = at + 1
  end
end

local function plain(json)
  return (json:sub(2, -2):gsub("\\(.)(%x?%x?%x?%x?)", function(letter, code)
    if letter == "u" then
      return utf8.char(tonumber(code, 16))
    end
    return (ESCAPED[letter] or letter) .. code
  end))
end

-- The members of an object, or of an array, whose names are numbers: `change` gets name and value, and returns what
-- stands for the value then, or nil where nothing shall.
local function changed(json, change)
  local array = json:sub(1, 1) == "["
  if not array and json:sub(1, 1) ~= "{" then
    return json:find("^null%s*$") and json or error("neither an object nor an array")
  end
  local kept, count, at = {}, 0, json:find("%S", 2)
  while json:find("^[^%]}]", at) do
    local name, written = nil, ""
    if not array then
      local ends = string_end(json, at)
      name = plain(json:sub(at, ends))
      local from = json:find("[^%s:]", ends + 1)
      written = json:sub(at, from - 1)
      at = from
    end
    local to = value_end(json, at)
    count = count + 1
    local value = change(name or count, json:sub(at, to))
    if value then
      kept[#kept + 1] = written .. value
    end
    at = json:find("[^%s,]", to + 1)
  end
  return json:sub(1, 1) .. table.concat(kept, ",") .. (array and "]" or "}")
end

local function member(json, wanted)
  local found
  changed(json, function(name, value)
    found = name == wanted and value or found
  end)
  return found
end

local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(letter)
    return string.format("\\u%04x", letter:byte())
  end) .. '"'
end

-- Entry points of applications, of a list; none where there is no other, which is no router.
local function entry_points(list)
  local kept = {}
  for name in list:gmatch("[^,%s]+") do
    if ENTRY_POINTS[name:lower()] then
      kept[#kept + 1] = name
    end
  end
  return #kept > 0 and table.concat(kept, ",") or "refused"
end

-- Whether a rule names S3, or may do so in a way that only Traefik can read: it drops carriage returns, and takes some
-- letters for those of names.
local function is_of_s3(rule)
  local read = rule:gsub("\r", ""):lower()
  local hides = rule:find('".*\\.*"') or read:find("host", 1, true) and read:find("[\128-\255]")
  return S3_NAME ~= "" and (hides or read:find(S3_NAME, 1, true)) and true or false
end

-- Whether Traefik reads the name of a label as it is written here: it takes other letters for "s" and "k", and stops for
-- good at a bracket that it does not expect.
local function is_clear(label)
  local rest = (label .. "."):gsub("%[%d+%]%.", ".")
  return not rest:find("[^%w_.-]")
end

-- Options of services by which Traefik would reach something else than the service, and what they may be.
local REACHES = {
  ["loadbalancer.server.port"] = { "^%d+$" },
  ["loadbalancer.server.scheme"] = { "^https?$", "^h2c$" },
  ["loadbalancer.healthcheck.path"] = { "^/$", "^/[^/]" },
  ["loadbalancer.healthcheck.method"] = {},
  ["loadbalancer.healthcheck.followredirects"] = {}, -- see `labels`
}

local function is_its_own(option, value)
  if option:find("^loadbalancer%.servers?%.url") or option:find("^loadbalancer%.servers%[") then
    return false
  end
  for _, pattern in ipairs(REACHES[option] or { "" }) do
    if value:find(pattern) then
      return true
    end
  end
  return false
end

-- Middlewares that ask others, or read files, in Traefik's name.
local function is_of_others(option)
  return option:find("^plugin") or option:find("^forwardauth") or option:find("^ratelimit%.redis") or option:find("%.usersfile$")
end

-- What Traefik learns for the value of a label, or nil: see above.
local function judged(label, value)
  if not is_clear(label) then
    return nil
  end
  local kind, name, option = label:match("^traefik%.http%.([^.%[]+)%.([^.%[]+)%.(.+)$")
  if not kind then
    -- Neither of other protocols, which have ports 80 and 443 to themselves, nor of certificates, which are all's.
    local other = label:match("^traefik%.([^.]+)")
    return other ~= "http" and other ~= "tcp" and other ~= "udp" and other ~= "tls" and value or nil
  elseif not KINDS[kind] then
    return nil
  elseif name:sub(1, #PREFIX) == PREFIX then
    return nil
  elseif kind == "routers" and option == "entrypoints" then
    return entry_points(value)
  elseif kind == "routers" and (option == "tls.options" or option == "rule" and is_of_s3(value)) then
    return nil -- options that there are not close the names of the rule, whose ever they are
  elseif kind == "routers" and option == "priority" and #value:gsub("^%+?0*", "") > LONGEST_PRIORITY then
    return string.rep("9", LONGEST_PRIORITY)
  elseif option == "service" or option == "errors.service" then
    -- Of an application: none of Traefik's own or of its files, and none of the program.
    local service, provider = value:match("^([^@]*)@?(.*)$")
    local refused = provider ~= "" and provider ~= "swarm" or service:sub(1, #PREFIX):lower() == PREFIX
    return refused and "refused@nobody" or value
  elseif kind == "services" and not is_its_own(option, value) then
    return nil
  elseif kind == "middlewares" and is_of_others(option) then
    return nil
  end
  return value
end

-- Whether Traefik would name what no label names after a name of the program's own: dashes stand for all but letters.
local function is_ours(service)
  return (service:gsub("[^%w]+", "-") .. "-"):lower():sub(1, #PREFIX) == PREFIX
end

local function labels(json, own, of)
  local http, others, checks = false, not own and is_ours(of), {}
  local named = others
  local kept = changed(json, function(name, written)
    local label = name:lower()
    if not own and (name == "com.docker.compose.project" or name == "com.docker.compose.service") then
      return nil -- Traefik takes them for the name of the service
    elseif label:sub(1, 8) ~= "traefik." then
      return written
    elseif own and label:find("^traefik%.%a+%.%a+%." .. PREFIX:gsub("%-", "%%-")) then
      return written
    end
    local value = plain(written)
    local learnt = judged(label, value)
    http = http or label:sub(1, 13) == "traefik.http."
    others = others or learnt == nil
    local _, check = label:find("^traefik%.http%.services%.[^.]+%.loadbalancer%.healthcheck%.")
    if check and learnt then
      checks[name:sub(1, check) .. "followredirects"] = true
    end
    return learnt == value and written or learnt and quoted(learnt)
  end)
  if named or others and not http then
    -- Traefik would publish under its own name what has asked for something else.
    kept = changed(kept, function(name, written)
      return name:lower() ~= "traefik.enable" and written or nil
    end)
  end
  for name in pairs(checks) do -- what checks a service goes nowhere else, whatever the service answers
    kept = kept:sub(1, -2) .. "," .. quoted(name) .. ':"false"}'
  end
  return kept
end

local function container(name, value)
  return (name == "Image" or name == "Labels") and value or nil
end

local function template(name, value)
  return name == "ContainerSpec" and changed(value, container) or name ~= "PluginSpec" and value or nil
end

local CONFIG = { Env = true, Cmd = true, Entrypoint = true, Healthcheck = true } -- what a container is started with

local ANSWERS = {
  services = function(json)
    return changed(json, function(_, service)
      return changed(service, function(name, value)
        if name ~= "Spec" then
          return name ~= "PreviousSpec" and value or nil
        end
        local named = plain(member(value, "Name"))
        return changed(value, function(part, written)
          return part == "Labels" and labels(written, OWN[named], named)
            or part == "TaskTemplate" and changed(written, template)
            or written
        end)
      end)
    end)
  end,
  tasks = function(json)
    return changed(json, function(_, task)
      return changed(task, function(name, value)
        return name == "Spec" and changed(value, template) or value
      end)
    end)
  end,
  container = function(json)
    return changed(json, function(name, value)
      if name == "Config" then
        return changed(value, function(part, written)
          return not CONFIG[part] and written or nil
        end)
      elseif name == "State" or name == "HostConfig" then
        return changed(value, function(part, written)
          return part ~= "Health" and part ~= "Mounts" and written or nil
        end)
      end
      return name ~= "Args" and value or nil
    end)
  end,
}

local function engine_says(applet)
  local query = applet.qs and applet.qs ~= "" and "?" .. applet.qs or ""
  return core.httpclient():get({
    url = "http://docker" .. applet.path .. query,
    dst = ENGINE,
    timeout = TIMEOUT_MS,
  })
end

local function pass_on(applet, asked)
  local status, body = asked.status, asked.body or ""
  local change = applet.path:find("/containers/", 1, true) and ANSWERS.container or ANSWERS[applet.path:match("[^/]+$")]
  if status == 200 and change then
    local understood, text = pcall(change, body)
    if not understood then
      core.log(core.err, "an answer of Docker is not passed on, as it is not understood: " .. text)
      status, text = 502, ""
    end
    body = text
  end
  applet:set_status(status == 0 and 502 or status)
  applet:add_header("content-type", "application/json")
  applet:add_header("content-length", #body)
  applet:start_response()
  if applet.method ~= "HEAD" then
    applet:send(body)
  end
end

core.register_service("answers", "http", function(applet)
  pass_on(applet, engine_says(applet))
end)

-- For Traefik: it takes an error about the tasks of a service for a service without tasks, and asks ever more rarely after
-- other errors. An engine has none to give while managers choose a leader.
core.register_service("patient_answers", "http", function(applet)
  local began = core.now().sec
  local asked = engine_says(applet)
  while (asked.status == 0 or asked.status >= 500) and core.now().sec - began < PATIENCE_S do
    core.msleep(PAUSE_MS)
    asked = engine_says(applet)
  end
  pass_on(applet, asked)
end)
