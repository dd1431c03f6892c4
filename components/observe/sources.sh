#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Whether apt could get what is wanted and not there: first from the lists that the host has, then from the sources of
# the configuration, last from the host's own as they are now. All lists and caches are private: the host's stay as
# they are, and nothing is locked. All of it ends with the time for all questions. Part of facts.sh.

# Sets MISSING to the wanted packages, name=glob, that are not installed at that version.
find_missing() {
  local entry state name version
  declare -A installed=()
  MISSING=()
  while read -r state name version; do
    [[ $state == ?i* ]] && installed[$name]=$version
  done <"$WORK/packages"
  for entry in "${WANTED_PACKAGES[@]}"; do
    # The pattern is a glob on purpose.
    # shellcheck disable=SC2053
    [[ ${installed[${entry%%=*}]:-} == ${entry#*=} && -n ${installed[${entry%%=*}]:-} ]] || MISSING+=("$entry")
  done
}

# apt_settings LINE…: the host's own settings, as a proxy, without what would write to the host or run at an update.
# Fails, as drop_offered does, when it was cut off.
apt_settings() {
  local apt=$WORK/.apt own
  own=$(within 5 apt-config dump 2>/dev/null) || ! cut_off $? || return
  mkdir -p "$apt"/{none,sources,lists/partial,archives/partial}
  {
    grep -avE '^(APT::Update|DPkg|Dpkg|Unattended-Upgrade|APT::Periodic)' <<<"$own"
    printf '%s;\n' "Dir::Etc::parts \"$apt/none\"" 'Dir::Etc::main "/dev/null"' 'Dir::Cache::pkgcache ""' 'Dir::Cache::srcpkgcache ""' \
      "Dir::Cache::archives \"$apt/archives\"" 'Dir::Log "/dev/null"' 'Acquire::Languages "none"' 'Acquire::GzipIndexes "true"' \
      'Acquire::Retries "1"' 'Acquire::http::Timeout "8"' 'Acquire::https::Timeout "8"' 'APT::Sandbox::User "root"' \
      'APT::Update::Error-Mode "any"' "$@"
  } >"$apt/settings" 2>/dev/null
  # apt leaves the keys of a source in the folder for temporary files.
  export APT_CONFIG=$apt/settings TMPDIR=$apt
}

# Leaves in MISSING what apt does not offer.
drop_offered() {
  local entry name version offers left=()
  offers=$(within 20 apt-cache madison "${MISSING[@]%%=*}" 2>/dev/null) || ! cut_off $? || return
  for entry in "${MISSING[@]}"; do
    while IFS=' |' read -r name version _; do
      # shellcheck disable=SC2053
      [[ $name == "${entry%%=*}" && $version == ${entry#*=} ]] && continue 2
    done <<<"$offers"
    left+=("$entry")
  done
  MISSING=("${left[@]}")
}

# Writes the sources of the configuration as the preparation would; a key that is not on the host yet is fetched.
write_sources() {
  local index name codename entry key sources=$WORK/.apt/sources
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  for index in "${!APT_SOURCES[@]}"; do
    printf '%s\n' "${APT_SOURCE_TEXTS[index]//\$codename/$codename}" >"$sources/kubeadm-ha-${APT_SOURCES[index]}.sources"
  done
  for entry in "${APT_KEYS[@]}"; do
    name=${entry%%=*} key=$WORK/.apt/${entry%%=*}.asc
    [ ! -s "/etc/apt/keyrings/kubeadm-ha-$name.asc" ] || continue
    fetch "${entry#*=}" "$key" || ERROR="the key of apt source $name could not be fetched from ${entry#*=}"
    sed -i "s|^Signed-By: .*|Signed-By: $key|" "$sources/kubeadm-ha-$name.sources"
  done
}

# A host before its preparation may have no curl; apt has a program of its own.
fetch() {
  if command -v curl >/dev/null; then
    within 10 curl -fsSL -o "$2" "$1"
  else
    within 10 /usr/lib/apt/apt-helper download-file "$1" "$2"
  fi >/dev/null 2>&1
}

add_own_sources() {
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources}; do
    [[ -f $file && $file != */kubeadm-ha-* ]] && cp "$file" "$WORK/.apt/sources/${file##*/}"
  done
}

update_lists() {
  within 22 apt-get update >/dev/null 2>"$WORK/.apt/said" && return 0
  ERROR=$(grep -a -m 1 -E '^[EW]:' "$WORK/.apt/said" | cut -c1-300)
  ERROR=${ERROR:-apt-get update was not done in time}
}

# Leaves in MISSING what no source offers, and in ERROR why one could not be asked; fails when it was cut off.
drop_all_offered() {
  local sources=(
    "Dir::State::lists \"$WORK/.apt/lists\"" 'Dir::Etc::sourcelist "/dev/null"' "Dir::Etc::sourceparts \"$WORK/.apt/sources\""
  )
  apt_settings && drop_offered || return
  [ ${#MISSING[@]} -gt 0 ] || return 0
  apt_settings "${sources[@]}" || return
  write_sources
  update_lists
  drop_offered || return
  [ ${#MISSING[@]} -gt 0 ] && [ -z "$ERROR" ] || return 0
  add_own_sources
  update_lists
  drop_offered
}

ask_sources() {
  ERROR=""
  # Without an answer to the first of all questions there is nothing to ask.
  [ -f "$WORK/packages" ] || return 0
  find_missing
  [ ${#MISSING[@]} -gt 0 ] && command -v apt-get >/dev/null || return 0
  ulimit -Sf unlimited
  drop_all_offered || { lose sources; return; }
  [ ${#MISSING[@]} -gt 0 ] || return 0
  if [ -n "$ERROR" ]; then printf '%s' "$ERROR" >"$WORK/sources-error"; else printf '%s\n' "${MISSING[@]}" >"$WORK/unavailable"; fi
}
