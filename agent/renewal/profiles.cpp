#include "agent/renewal/profiles.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/error.h"
#include "agent/failure.h"
#include "agent/journal.h"
#include "agent/state/record_json.h"
#include "policy/names.h"

namespace edgeseal::agent {

namespace {

constexpr std::string_view record_name = "enrolment-profiles";
constexpr const char* bus_origin = "bus";

bool has(const std::vector<ProfileFile>& files, const std::string& name) {
  return std::ranges::find(files, name, &ProfileFile::name) != files.end();
}

ProfileFile read(const std::string& name, const std::string& text) {
  try {
    return {name, parse_profile(name, bus_origin, text, ProfileSource::bus), {}};
  } catch (const Error& error) {
    return {name, {}, error.what()};
  }
}

}  // namespace

Profiles::Profiles(State& state, std::vector<ProfileFile> files) : state_(state), files_(std::move(files)) {
  for (const ProfileFile& file : files_)
    if (!file.problem.empty())
      log(Level::error, Event::configuration_not_in_force, fmt::format("the profile is not used: {}", file.problem));
  merge();
}

const EnrolmentProfile& Profiles::get(const std::string& name) const {
  const auto found = std::ranges::find(all_, name, &ProfileFile::name);
  if (found == all_.end())
    throw Error(
        Code::not_found,
        fmt::format("there is no profile \"{:.64}\"; remedy: write /etc/edgeseal/enrolment.d/{:.64}.toml", name, name));
  if (!found->profile) throw Error(Code::not_found, found->problem);
  return *found->profile;
}

bool Profiles::has_mistake(const std::string& name) const {
  const auto found = std::ranges::find(all_, name, &ProfileFile::name);
  return found != all_.end() && !found->profile;
}

void Profiles::put(const std::string& name, const std::string& text) {
  if (!policy::is_plain_name(name))
    throw Error(Code::invalid_argument,
                "the name of a profile is 1 to 64 of a-z, 0-9, \"-\" and \"_\", the first a letter or digit");
  if (has(files_, name))
    throw Error(Code::invalid_state, fmt::format("the profile {} stands in a file: change it there", name));
  (void)parse_profile(name, bus_origin, text, ProfileSource::bus);
  Texts texts = stored();
  std::erase_if(texts, [&](const auto& known) { return known.first == name; });
  if (texts.size() + files_.size() >= max_profiles)
    throw Error(Code::too_many_operations, fmt::format("there are {} profiles; remove one", max_profiles));
  texts.emplace_back(name, text);
  keep(texts);
}

void Profiles::remove(const std::string& name) {
  Texts texts = stored();
  if (std::erase_if(texts, [&](const auto& known) { return known.first == name; }) == 0)
    throw Error(Code::not_found, fmt::format("nobody gave a profile \"{:.64}\" over the bus", name));
  keep(texts);
}

void Profiles::use_files(std::vector<ProfileFile> files) {
  files_ = std::move(files);
  merge();
}

Profiles::Texts Profiles::stored() {
  const auto bytes = state_.record(record_name);
  if (!bytes) return {};
  return from_cbor(
      "the record of profiles", *bytes, [](const Json& value) { return value.get<Texts>(); }, Code::state_unavailable);
}

void Profiles::keep(const Texts& texts) {
  state_.put_record(record_name, to_cbor(texts));
  merge();
}

void Profiles::merge() {
  all_ = files_;
  try {
    for (const auto& [name, text] : stored())
      if (!has(files_, name)) all_.push_back(read(name, text));
  } catch (const Error& error) {
    log_failure(Level::error, "profiles that came over the bus are not used", error);
  }
}

}  // namespace edgeseal::agent
