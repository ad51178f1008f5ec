#include "dbus/delegation.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "dbus/arguments.h"

namespace edgeseal::dbus {
namespace {

constexpr const char* kSession = "session";
constexpr const char* kSecurityMode = "security-mode";
constexpr const char* kRoles = "roles";
constexpr const char* kUser = "user";
constexpr const char* kClientCertificate = "client-certificate";
constexpr std::array kKeys = {kSession, kSecurityMode, kRoles, kUser, kClientCertificate};

constexpr Bounds kSessionBytes{1, 256};
constexpr size_t kUserBytes = 256;
constexpr size_t kMostRoles = 64;
constexpr size_t kRoleBytes = 256;

// OPC 10000-3 §4.9.2 (WellKnownRole_SecurityAdmin)
constexpr std::array<std::string_view, 3> kSecurityAdmin = {"SecurityAdmin", "i=15704", "ns=0;i=15704"};

template <class T>
T readable(const VariantMap& given, const char* key, size_t most) {
  auto value = field<T>(given, key);
  return value.size() <= most ? value : T{};
}

void judge_channel(Options& options, Delegation needed) {
  const auto mode = options.choice(kSecurityMode, {"none", "sign", "sign-and-encrypt"});
  if (mode == "sign-and-encrypt" || (mode == "sign" && needed != Delegation::Encrypted)) return;
  const std::string wanted = needed == Delegation::Encrypted ? "SignAndEncrypt" : "Sign or SignAndEncrypt";
  throw CallError("SecurityModeInsufficient",
                  "the client's channel must have the mode " + wanted + ", and the option \"security-mode\" says " +
                      (mode.empty() ? "nothing" : mode) + "; connect with another endpoint of the server");
}

void judge_roles(Options& options) {
  const auto roles = options.texts(kRoles, kMostRoles, kRoleBytes);
  if (std::ranges::find_first_of(roles, kSecurityAdmin) != roles.end()) return;
  throw CallError("UserAccessDenied",
                  "the client's session hasn't the role SecurityAdmin; log in as a user who is granted it");
}

}  // namespace

bool DelegatedClient::named_in(const VariantMap& options) {
  return std::ranges::any_of(kKeys, [&](const char* key) { return options.contains(key); });
}

DelegatedClient::DelegatedClient(VariantMap& options) {
  for (const char* key : kKeys) given_.insert(options.extract(key));
}

Caller DelegatedClient::on_behalf(Caller caller) const {
  caller.session = readable<std::string>(given_, kSession, kSessionBytes.most);
  caller.user = readable<std::string>(given_, kUser, kUserBytes);
  caller.client_certificate = to_bytes(readable<ByteArray>(given_, kClientCertificate, kCertificateBytes.most));
  return caller;
}

void DelegatedClient::judge(Delegation needed) const {
  if (given_.empty()) return;
  Options options(given_);
  judge_channel(options, needed);
  judge_roles(options);
  check_size("option \"session\"", options.text(kSession, kSessionBytes.most).size(), kSessionBytes);
  static_cast<void>(options.text(kUser, kUserBytes));
  static_cast<void>(options.bytes(kClientCertificate, kCertificateBytes));
}

}  // namespace edgeseal::dbus
