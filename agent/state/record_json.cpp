#include "agent/state/record_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "jose/base64.h"
#include "policy/file_facts.h"

namespace edgeseal::agent {

namespace {

template <class Octets>
Bytes bytes_of(const Octets& octets) {
  const auto bytes = std::as_bytes(std::span(octets));
  return {bytes.begin(), bytes.end()};
}

std::span<const std::uint8_t> octets_of(ByteView bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace

Bytes to_cbor(const Json& content) {
  return bytes_of(Json::to_cbor(content));
}

Bytes to_text(const Json& content) {
  return bytes_of(content.dump());
}

Json to_binary(ByteView bytes) {
  const auto octets = octets_of(bytes);
  return Json::binary({octets.begin(), octets.end()});
}

Bytes from_binary(const Json& value) {
  return bytes_of(value.get_binary());
}

Json to_base64url(const std::vector<Bytes>& all) {
  Json list = Json::array();
  for (const Bytes& bytes : all) list.push_back(jose::encode_base64url(bytes));
  return list;
}

std::vector<Bytes> from_base64url(const Json& list) {
  std::vector<Bytes> all;
  for (const Json& text : list) all.push_back(jose::decode_base64url(text.get_ref<const std::string&>(), "entry"));
  return all;
}

void to_json(Json& value, const Slot& slot) {
  value = {slot.application, slot.group, slot.certificate_type};
}

void from_json(const Json& value, Slot& slot) {
  slot = {value.at(0), value.at(1), value.at(2)};
}

std::size_t index_in(std::span<const std::string_view> names, const Json& value) {
  const std::string name = value;
  const auto found = std::ranges::find(names, name);
  if (found == names.end())
    throw Error(Code::security_checks_failed,
                fmt::format("a record says \"{:.64}\", which this version does not know", policy::printable(name)));
  return static_cast<std::size_t>(found - names.begin());
}

Json parse_cbor(ByteView record) {
  return Json::from_cbor(octets_of(record));
}

Json parse_text(ByteView record) {
  return Json::parse(octets_of(record));
}

// The library quotes what it could not read.
Error unreadable(std::string_view name, Code code, const std::exception& damage) {
  return Error(code, fmt::format("{} can't be read: {}; remedy: restore the state from a backup", name,
                                 policy::printable(damage.what())));
}

}  // namespace edgeseal::agent
