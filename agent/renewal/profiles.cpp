#include "agent/renewal/profiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "agent/error.h"
#include "agent/journal.h"
#include "policy/names.h"

namespace edgeseal::agent {

namespace {

using nlohmann::json;

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
      log(Level::error, Event::application_created, fmt::format("the profile is not used: {}", file.problem));
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

void Profiles::put(const std::string& name, const std::string& text) {
  if (!policy::is_application_name(name))
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

Profiles::Texts Profiles::stored() {
  const auto bytes = state_.record(record_name);
  if (!bytes) return {};
  try {
    const auto* octets = reinterpret_cast<const std::uint8_t*>(bytes->data());
    return json::from_cbor(octets, octets + bytes->size()).get<Texts>();
  } catch (const json::exception& error) {
    throw Error(Code::state_unavailable, fmt::format("the stored profiles can't be read: {}", error.what()));
  }
}

void Profiles::keep(const Texts& texts) {
  const std::vector<std::uint8_t> cbor = json::to_cbor(json(texts));
  state_.put_record(record_name, std::as_bytes(std::span(cbor)));
  merge();
}

void Profiles::merge() {
  all_ = files_;
  try {
    for (const auto& [name, text] : stored())
      if (!has(files_, name)) all_.push_back(read(name, text));
  } catch (const Error& error) {
    log(Level::error, Event::internal_error, error.what());
  }
}

}  // namespace edgeseal::agent
