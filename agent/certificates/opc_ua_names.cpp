#include "agent/certificates/opc_ua_names.h"

#include <algorithm>
#include <array>
#include <span>

namespace edgeseal::agent {

namespace {

struct Entry {
  std::string_view name;
  std::string_view node_id;  // empty: OPC UA has none
};

// OPC 10000-12 §7.8.3: the CertificateGroups of ServerConfiguration.
constexpr std::array groups = {
    Entry{application_group, "i=14156"},
    Entry{"https", "i=14088"},
    Entry{"user-token", "i=14122"},
    Entry{"tls", ""},
    Entry{"identity", ""},  // this and the next: of the device alone
    Entry{"provisioning", ""},
};

// OPC 10000-12 §7.8.4: CertificateTypes that are not abstract.
constexpr std::array certificate_types = {
    Entry{"rsa-sha256", "i=12560"},
    Entry{"ecc-nist-p256", "i=23538"},
    Entry{"ecc-nist-p384", "i=23539"},
    Entry{"https", "i=12558"},
    Entry{"tls-server", "i=19325"},
    Entry{"tls-client", "i=19326"},
    Entry{"idevid", ""},
    Entry{"ldevid", ""},
};

constexpr std::string_view null_node_id = "i=0";

// Everything named here is in the namespace of OPC UA itself, which is left out (OPC 10000-6 §5.3.1.10).
std::string_view without_namespace(std::string_view id) {
  constexpr std::string_view opc_ua = "ns=0;";
  return id.starts_with(opc_ua) ? id.substr(opc_ua.size()) : id;
}

bool is_null(std::string_view id) {
  return id.empty() || without_namespace(id) == null_node_id;
}

std::string find_name(std::span<const Entry> entries, std::string_view id) {
  const std::string_view node_id = without_namespace(id);
  const auto found = std::ranges::find_if(entries, [&](const Entry& entry) {
    return entry.name == id || (!entry.node_id.empty() && entry.node_id == node_id);
  });
  return found == entries.end() ? std::string() : std::string(found->name);
}

}  // namespace

std::string group_name(std::string_view group_id) {
  return is_null(group_id) ? application_group : find_name(groups, group_id);
}

std::string certificate_type_name(std::string_view type_id) {
  return find_name(certificate_types, type_id);
}

bool is_group(std::string_view name) {
  return std::ranges::find(groups, name, &Entry::name) != groups.end();
}

}  // namespace edgeseal::agent
