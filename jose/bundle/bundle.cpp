#include "jose/bundle/bundle.h"

#include <algorithm>
#include <array>

#include "jose/base64.h"
#include "jose/certificate_limits.h"
#include "jose/error.h"
#include "jose/strict_json.h"

namespace edgeseal::jose {

namespace {

constexpr std::array<std::string_view, 10> names{"v",    "device", "not_after", "jti", "url",
                                                 "port", "ca",     "cert",      "key", "otp"};
constexpr std::uint64_t version = 1;
constexpr std::size_t max_device_length = 255;
constexpr std::size_t max_key_size = 8 * 1024;
constexpr std::uint64_t last_second = 253402300799;  // 9999-12-31T23:59:59Z
constexpr std::string_view scheme = "https://";

[[noreturn]] void refuse(const char* name, const std::string& problem) {
  throw Error(Problem::malformed, std::string("bundle: the member '") + name + "' " + problem);
}

std::uint64_t number(const Json& json, const char* name, std::uint64_t least, std::uint64_t most) {
  const Json& member = require_member(json, name);
  if (!member.is_number_unsigned()) refuse(name, "is not a whole number");
  const auto value = member.get<std::uint64_t>();
  if (value < least || value > most)
    refuse(name, "is not within " + std::to_string(least) + " and " + std::to_string(most));
  return value;
}

SecretBytes copied(std::string_view text) {
  const ByteView bytes = bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

// Printable ASCII without a space.
std::string_view word(std::string_view text, const char* name, std::size_t longest) {
  if (text.empty() || text.size() > longest) refuse(name, "is not of 1 to " + std::to_string(longest) + " characters");
  if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; })) refuse(name, "is not printable ASCII");
  return text;
}

// One that no reader takes for another: a host name or address, then the path.
std::string url_of(std::string_view text) {
  word(text, "url", max_url_length);
  if (!text.starts_with(scheme)) refuse("url", "is not an https URL");
  const auto rest = text.substr(scheme.size());
  const auto host = rest.substr(0, rest.find_first_of("/?#"));
  if (host.empty()) refuse("url", "names no host");
  const auto name = host.starts_with('[') && host.ends_with(']') ? std::string_view() : host;
  if (name.find_first_of(":@[]\\") != std::string_view::npos)
    refuse("url", "has an account or a port; the port stands in 'port'");
  if (rest.find_first_of("#\\\"<>") != std::string_view::npos)
    refuse("url", "has a fragment, or a character that no URL has");
  return std::string(text);
}

Bytes certificate_of(const Json& entry, const char* name) {
  if (!entry.is_string()) refuse(name, "has an entry that is not a string");
  const auto der = decode_base64(entry.get_ref<const SecretText&>(), name);
  if (der.empty() || der.size() > max_certificate_size) refuse(name, "has a certificate that is empty or over 16 KiB");
  return {der.begin(), der.end()};
}

std::vector<Bytes> certificates(const Json& json, const char* name, std::size_t most) {
  const Json& member = require_member(json, name);
  if (!member.is_array() || member.empty() || member.size() > most)
    refuse(name, "is not an array of 1 to " + std::to_string(most) + " certificates");
  std::vector<Bytes> all;
  for (const Json& entry : member) all.push_back(certificate_of(entry, name));
  return all;
}

void require_known(const Json& json) {
  for (const auto& item : json.items())
    if (std::ranges::find(names, std::string_view(item.key())) == names.end())
      throw Error(Problem::not_supported, "bundle: it has a member that this version does not know");
}

// A certificate without its key, and a key without its certificate, are mistakes.
void read_credential(const Json& json, Bundle& bundle) {
  if (json.contains("cert") != json.contains("key"))
    refuse(json.contains("cert") ? "key" : "cert", "is missing beside the other");
  if (!json.contains("cert")) return;
  bundle.certificate = certificates(json, "cert", max_bundle_chain);
  bundle.private_key = decode_base64(require_text(json, "key"), "key");
  if (bundle.private_key.empty() || bundle.private_key.size() > max_key_size) refuse("key", "is empty or over 8 KiB");
}

Json array_of(const std::vector<Bytes>& certificates) {
  Json array = Json::array();
  for (const Bytes& certificate : certificates) array.push_back(encode_base64(certificate));
  return array;
}

std::uint64_t seconds_of(std::chrono::sys_seconds time) {
  return static_cast<std::uint64_t>(std::max(time.time_since_epoch(), std::chrono::seconds(0)).count());
}

}  // namespace

Bundle parse_bundle(ByteView text) {
  const Json json = parse_json_object(text_of(text), "the bundle");
  require_known(json);
  if (number(json, "v", 0, last_second) != version)
    throw Error(Problem::not_supported, "bundle: it is of a later version; update this device");
  Bundle bundle;
  if (const auto device = find_text(json, "device")) bundle.device = word(*device, "device", max_device_length);
  bundle.not_after = std::chrono::sys_seconds(std::chrono::seconds(number(json, "not_after", 1, last_second)));
  bundle.identifier = word(require_text(json, "jti"), "jti", max_identifier_length);
  bundle.url = url_of(require_text(json, "url"));
  bundle.port = static_cast<std::uint16_t>(number(json, "port", 1, 65535));
  bundle.anchors = certificates(json, "ca", max_bundle_anchors);
  read_credential(json, bundle);
  if (const auto secret = find_text(json, "otp"))
    bundle.one_time_secret = copied(word(*secret, "otp", max_secret_length));
  return bundle;
}

SecretBytes write_bundle(const Bundle& bundle) {
  Json json{{"v", version},
            {"not_after", seconds_of(bundle.not_after)},
            {"jti", bundle.identifier},
            {"url", bundle.url},
            {"port", bundle.port},
            {"ca", array_of(bundle.anchors)}};
  if (bundle.device) json["device"] = *bundle.device;
  if (!bundle.certificate.empty()) json["cert"] = array_of(bundle.certificate);
  if (!bundle.private_key.empty()) json["key"] = encode_base64(bundle.private_key);
  if (!bundle.one_time_secret.empty()) json["otp"] = text_of(bundle.one_time_secret);
  SecretBytes text = copied(json.dump(-1, ' ', false, Json::error_handler_t::replace));
  static_cast<void>(parse_bundle(text));
  return text;
}

}  // namespace edgeseal::jose
