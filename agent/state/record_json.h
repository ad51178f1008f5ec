#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "agent/error.h"
#include "agent/slot.h"
#include "jose/error.h"
#include "tpm/bytes.h"

namespace edgeseal::agent {

using tpm::Bytes;
using tpm::ByteView;
using Json = nlohmann::json;

// Records of State are CBOR or text: each stays what it is on the disks of earlier versions.
[[nodiscard]] Bytes to_cbor(const Json& content);
[[nodiscard]] Bytes to_text(const Json& content);

// Bytes within CBOR, and within text.
[[nodiscard]] Json to_binary(ByteView bytes);
[[nodiscard]] Bytes from_binary(const Json& value);
[[nodiscard]] Json to_base64url(const std::vector<Bytes>& all);
[[nodiscard]] std::vector<Bytes> from_base64url(const Json& list);

void to_json(Json& value, const Slot& slot);
void from_json(const Json& value, Slot& slot);

// Where `value` stands among the names of choices. Throws Error{security_checks_failed} for none of them.
[[nodiscard]] std::size_t index_in(std::span<const std::string_view> names, const Json& value);

[[nodiscard]] Json parse_cbor(ByteView record);
[[nodiscard]] Json parse_text(ByteView record);
[[nodiscard]] Error unreadable(std::string_view name, Code code, const std::exception& damage);

template <class Read>
auto from_record(Json (&parse)(ByteView), std::string_view name, ByteView record, const Read& read, Code code) {
  try {
    return read(parse(record));
  } catch (const Json::exception& damage) {
    throw unreadable(name, code, damage);
  } catch (const jose::Error& damage) {
    throw unreadable(name, code, damage);
  }
}

// What `read` makes of the content. Throw Error{code}, which calls the record `name`, where it does not parse or lacks
// what `read` looks for.
template <class Read>
auto from_cbor(std::string_view name, ByteView record, const Read& read, Code code = Code::security_checks_failed) {
  return from_record(parse_cbor, name, record, read, code);
}
template <class Read>
auto from_text(std::string_view name, ByteView record, const Read& read, Code code = Code::security_checks_failed) {
  return from_record(parse_text, name, record, read, code);
}

}  // namespace edgeseal::agent
