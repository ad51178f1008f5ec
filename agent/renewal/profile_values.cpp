#include "agent/renewal/profile_values.h"

#include <array>
#include <cctype>

#include "agent/certificates/certificate.h"
#include "agent/configuration/application_rules.h"
#include "agent/configuration/sha256_text.h"
#include "agent/configuration/trust_material.h"
#include "agent/keys/slot_name.h"
#include "agent/trust/certificate_judgement.h"
#include "policy/network_names.h"

namespace edgeseal::agent {

namespace {

constexpr std::size_t max_url_size = 2048;
constexpr std::size_t max_name_size = 64;
constexpr std::size_t max_anchors = 32;
constexpr std::array<std::string_view, 6> est_operations = {"cacerts", "simpleenroll", "simplereenroll",
                                                            "fullcmc", "serverkeygen", "csrattrs"};

[[noreturn]] void refuse(const std::string& problem) {
  throw Error(Code::invalid_argument, problem);
}

bool is_graphic(char c) {
  return c > ' ' && c < '\x7f';
}

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
}

// What stands between the scheme and the path.
std::string_view authority_of(std::string_view url, std::string_view scheme) {
  url.remove_prefix(scheme.size());
  return url.substr(0, url.find('/'));
}

void require_characters(std::string_view url) {
  if (url.size() > max_url_size || !std::ranges::all_of(url, is_graphic))
    refuse(fmt::format("the URL has more than {} bytes, or some that belong into no URL", max_url_size));
}

void require_parts(std::string_view url, std::string_view scheme) {
  const std::string_view authority = authority_of(url, scheme);
  require_characters(url);
  if (authority.empty() || authority.front() == ':') refuse("the URL names no host: https://host[:port][/path]");
  if (authority.find('@') != std::string_view::npos)
    refuse("the URL holds a user name: give it as user of [credentials]");
  if (url.find_first_of("?#") != std::string_view::npos) refuse("the URL has a query or a fragment: take it out");
}

// Behind the host, without the slashes at its end.
std::string_view path_of(std::string_view url) {
  url.remove_prefix(url.find("//") + 2);
  const auto slash = url.find('/');
  url = slash == std::string_view::npos ? "" : url.substr(slash);
  while (url.ends_with('/')) url.remove_suffix(1);
  return url;
}

void require_no_operation(std::string_view label) {
  if (std::ranges::find(est_operations, label) != est_operations.end())
    refuse(fmt::format("\"{}\" is an operation of EST and no label (RFC 7030 section 3.2.2)", label));
}

void require_est_path(std::string_view path) {
  constexpr std::string_view well_known = "/.well-known/est";
  if (path.empty() || path == well_known) return;
  const std::string_view label = path.substr(std::min(path.size(), well_known.size() + 1));
  if (!path.starts_with(std::string(well_known) + "/") || label.find('/') != std::string_view::npos)
    refuse("the URL of EST is https://host[:port], or https://host[:port]/.well-known/est/LABEL");
  require_no_operation(label);
}

void require_authority(ByteView der) {
  const CertificatePtr certificate = parse_certificate(der);
  if (const std::string misuse = misuse_of_issuer(*certificate); !misuse.empty())
    refuse(fmt::format("{} {}: give the one that signed it", subject_of(*certificate), misuse));
}

std::optional<ApplicationRecord> declared_application(std::string_view name, const ProfileSource& source) {
  const auto found = std::ranges::find(source.declared, name, &ApplicationRecord::name);
  if (found == source.declared.end()) return std::nullopt;
  ApplicationRecord application = *found;
  fill_defaults(application);
  return application;
}

}  // namespace

void require_url(std::string_view url, EnrolmentProtocol protocol) {
  if (protocol == EnrolmentProtocol::helper) return require_characters(url);
  if (url.starts_with("https://")) {
    require_parts(url, "https://");
    if (protocol == EnrolmentProtocol::est) require_est_path(path_of(url));
    return;
  }
  if (url.starts_with("http://") && protocol == EnrolmentProtocol::cmp) return require_parts(url, "http://");
  refuse(protocol == EnrolmentProtocol::est
             ? "EST goes over https:// alone (RFC 7030 section 3.3)"
             : "the URL begins with https://, or with http:// where the messages protect "
               "themselves");
}

void require_service_type(std::string_view type) {
  if (!policy::is_service_type(type))
    refuse("the type of a service is _NAME._tcp, with 1 to 15 letters, digits and \"-\" (RFC 6335 section 5.1)");
}

void require_domain(std::string_view domain) {
  if (!policy::is_host_name(domain))
    refuse("a domain is labels of letters, digits, \"-\" and \"_\", at most 253 bytes in all, as in \"local\"");
}

void require_proxy(std::string_view url) {
  if (!url.starts_with("http://")) refuse("a proxy is http://host:port");
  require_parts(url, "http://");
}

void require_label(std::string_view label, EnrolmentProtocol protocol) {
  if (label.empty() || label.size() > max_name_size || !std::ranges::all_of(label, is_name_character) || label == "." ||
      label == "..")
    refuse(fmt::format("a label is 1 to {} letters, digits, \"-\", \"_\" and \".\"", max_name_size));
  if (protocol == EnrolmentProtocol::est) require_no_operation(label);
}

void require_room_for_label(std::string_view url) {
  if (url.find("//") != std::string_view::npos && !path_of(url).empty())
    refuse("a label goes with a URL without a path: leave out one of the two");
}

void require_file_name(std::string_view name) {
  if (name.empty() || name.size() > max_name_size || !std::ranges::all_of(name, is_name_character) ||
      name.front() == '.')
    refuse(fmt::format("a name is 1 to {} letters, digits, \"-\", \"_\" and \".\", without a path", max_name_size));
}

std::vector<Bytes> anchors_of(const std::vector<std::string>& texts, const ProfileSource& source) {
  std::vector<Bytes> anchors;
  for (const std::string& text : texts) {
    if (!source.names_files && !looks_like_pem(text)) refuse("over the bus anchors are given as PEM, not as paths");
    for (Bytes& certificate : certificates_of(text, source.root)) {
      require_authority(certificate);
      if (anchors.size() == max_anchors) refuse(fmt::format("more than {} anchors", max_anchors));
      anchors.push_back(std::move(certificate));
    }
  }
  return anchors;
}

Bytes parse_fingerprint(std::string_view text) {
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits), [](char c) { return c != ':'; });
  if (auto bytes = parse_sha256(digits)) return std::move(*bytes);
  refuse("a fingerprint is SHA-256, 64 hexadecimal digits: openssl x509 -fingerprint -sha256");
}

void require_slot(const std::string& key_name, const ProfileSource& source) {
  const SlotName name = SlotName::parse(key_name);
  const auto application = declared_application(name.application, source);
  if (application && !find_slot(*application, name))
    refuse(fmt::format("{}: add it to slots of {}, or mend the name", missing_part(*application, name),
                       application->origin));
}

dbus::GroupName parse_group(std::string_view text, const ProfileSource& source) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size())
    refuse("a group is APPLICATION/GROUP, as in \"plc/application\"");
  dbus::GroupName group{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
  if (const auto application = declared_application(group.application, source))
    require_group(*application, group.group);
  return group;
}

}  // namespace edgeseal::agent
