#include "agent/renewal/credential_choice.h"

#include <algorithm>

namespace edgeseal::agent {

namespace {

bool has(const CredentialSituation& situation, Credential credential) {
  switch (credential) {
    case Credential::current_certificate: return situation.certificate == CredentialSituation::Certificate::good;
    case Credential::device_identity: return situation.device_identity;
    case Credential::secret: return situation.secret;
    case Credential::none: return true;
  }
  return false;
}

std::string need_of(const std::vector<Credential>& allowed, const CredentialSituation& situation) {
  const auto names = [&](Credential credential) { return std::ranges::find(allowed, credential) != allowed.end(); };
  std::string text = situation.certificate == CredentialSituation::Certificate::ended
                         ? "credentials required: the certificate has ended and cannot renew itself; "
                         : "credentials required: ";
  if (names(Credential::secret)) text += "give a one-time secret (edgesealctl enroll --secret-file)";
  if (names(Credential::secret) && names(Credential::device_identity)) text += ", or ";
  if (names(Credential::device_identity)) text += "install a device identity (edgesealctl device)";
  if (allowed.empty()) text += "the profile allows none; name one in its credentials";
  return text;
}

}  // namespace

std::variant<CredentialChoice, CredentialNeed> choose_credential(const std::vector<Credential>& allowed,
                                                                 const CredentialSituation& situation) {
  if (has(situation, Credential::current_certificate)) return CredentialChoice{Credential::current_certificate, true};
  const auto found = std::ranges::find_if(allowed, [&](Credential credential) { return has(situation, credential); });
  if (found == allowed.end()) return CredentialNeed{need_of(allowed, situation)};
  return CredentialChoice{*found, false};
}

}  // namespace edgeseal::agent
