-- Keeps a copy of the certificates where this machine's Traefik sees it. When they cannot be had, the last copy stays.
local SOURCE = "https://traefik-certificates/"
local COPY = "/copies/certificates.yaml"
local INTERVAL_S = 5
local TIMEOUT_MS = 5000

local function read(path)
  local file = io.open(path)
  local text = file and file:read("a")
  if file then
    file:close()
  end
  return text
end

-- By another name first, so that Traefik never reads half a file.
local function write(path, text)
  local file = assert(io.open(path .. ".new", "w"))
  assert(file:write(text))
  assert(file:close())
  assert(os.rename(path .. ".new", path))
end

local function fetched()
  local answer = core.httpclient():get({ url = SOURCE, timeout = TIMEOUT_MS })
  local complete = answer.status == 200 and answer.body:sub(-11) == "# complete\n"
  return complete and answer.body, answer.status
end

core.register_task(function()
  local said
  while true do
    local text, status = fetched()
    if text and text ~= read(COPY) then
      write(COPY, text)
      core.log(core.notice, "traefik: has new certificates")
    end
    local says = (text and "" or status == 404 and "traefik: no certificate has been issued yet")
      or "traefik: the certificates cannot be had, the last ones stay: traefik-certificates answers " .. status
    if says ~= said and says ~= "" then
      core.log(core.warning, says)
    end
    said = says
    core.sleep(INTERVAL_S)
  end
end)
