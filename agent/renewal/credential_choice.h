#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace edgeseal::agent {

// By what a device authenticates to an authority.
enum class Credential { current_certificate, device_identity, secret, none };

// What there is of them.
struct CredentialSituation {
  enum class Certificate { none, good, ended };

  Certificate certificate = Certificate::none;
  bool device_identity = false;
  bool secret = false;
};

struct CredentialChoice {
  Credential credential = Credential::none;
  bool renews = false;  // the current certificate authenticates; else it is an enrolment anew
};

// Whether a failure of this class is that the authority takes none of what it was shown (docs/enrolment.md).
[[nodiscard]] constexpr bool is_about_credentials(std::string_view failure) {
  return failure == "credentials" || failure == "auth-refused";
}

// What somebody has to bring, for people.
struct CredentialNeed {
  std::string text;
};

// The current certificate as long as it is good; then, and the first time, what the profile allows, in its order: no
// secret is used, nor asked for, where the profile does not name it. `allowed` holds no current_certificate.
[[nodiscard]] std::variant<CredentialChoice, CredentialNeed> choose_credential(const std::vector<Credential>& allowed,
                                                                               const CredentialSituation& situation);

}  // namespace edgeseal::agent
