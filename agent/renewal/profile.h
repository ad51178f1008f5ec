#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/configuration/configuration_problems.h"
#include "agent/renewal/credential_choice.h"
#include "agent/renewal/schedule.h"
#include "agent/state/state.h"
#include "dbus/ports.h"

namespace edgeseal::agent {

using tpm::Bytes;
using tpm::ByteView;

// Who issues the certificates. Of the first three edgeseal-enroll asks over the network.
enum class EnrolmentProtocol {
  est,          // RFC 7030
  cmp,          // RFC 9810
  helper,       // a program that speaks whatever the authority speaks
  self_signed,  // each key signs its own certificate
  local_ca,     // a key of this TPM signs
  external      // somebody carries the request out and the certificate in
};
[[nodiscard]] std::string_view protocol_name(EnrolmentProtocol protocol);  // "self-signed"
[[nodiscard]] constexpr bool needs_network(EnrolmentProtocol protocol) {
  return protocol <= EnrolmentProtocol::helper;
}

// How the authority is known at the first contact; afterwards by its anchors.
enum class FirstTrust {
  anchors,      // those of the profile, or of its trust group
  fingerprint,  // of its certificate (RFC 7030 §4.1.1)
  person,       // who compares the fingerprint that is shown
  system        // the authorities of the operating system vouch for the server
};
[[nodiscard]] std::string_view first_trust_name(FirstTrust trust);

enum class KeyRenewal { new_key, same_key };

// Where slots get their certificates from: enrolment.d/NAME.toml. See docs/enrolment.md.
struct EnrolmentProfile {
  std::string name;
  std::string origin;  // the path of the file, or "bus"
  EnrolmentProtocol protocol = EnrolmentProtocol::est;
  std::string url;         // empty where the protocol has none, the server has to be found, or the helper needs none
  std::string discover{};  // type of the service in the network, "_est._tcp"
  std::string discover_domain = "local";
  std::string label;                 // of EST or CMP
  std::string helper;                // name of the program
  std::vector<std::string> slots{};  // key names, as resolve_slot() takes them
  bool automatic = true;             // renews, and enrols slots without a certificate, by itself

  FirstTrust trust = FirstTrust::anchors;
  std::vector<Bytes> anchors{};                  // DER
  Bytes fingerprint{};                           // SHA-256
  std::optional<dbus::GroupName> trust_group{};  // whose list has the anchors, and follows those of the authority

  std::vector<Credential> credentials{};  // of the first enrolment, and of one after the certificate has ended
  std::string user{};                     // HTTP user name or CMP reference; a template
  std::string realm{};                    // of HTTP, which alone gets the secret; empty: any
  std::string secret_credential{};        // name of a systemd credential

  std::string subject{};  // templates; empty: as for CreateSigningRequest
  std::vector<std::string> dns_names{}, ip_addresses{};
  KeyRenewal key = KeyRenewal::new_key;
  RenewalPolicy schedule{};
  std::chrono::seconds give_up_after{std::chrono::days(7)};  // waiting for an answer; then it is asked anew
  std::chrono::days lifetime{365};                           // of what is issued here
  bool is_authority = false;                                 // self-signed: the certificate of one
  std::string ca{};                                          // key name of the local CA
  std::string proxy{};
  std::vector<std::string> refuse{};    // deviations of what is issued that are no certificate for us
  bool stop_at_bad_attributes = false;  // csrattrs that cannot be read
  Bytes digest{};                       // of its text and its anchors: tells one from another

  // Those that share this share a limit: the same host does the work.
  [[nodiscard]] std::string authority() const;
};

inline constexpr std::size_t max_profiles = 100;
inline constexpr std::size_t max_profile_size = 256 * 1024;

// A file may name files, below `root` where it is that of an image; what comes over the bus holds everything itself.
// `applications`: where the files of applications are, of which a profile names one that it has a slot of, and
// `declared` what they declare; empty: they are not looked at.
struct ProfileSource {
  bool names_files = true;
  std::string root{};
  std::filesystem::path applications{};
  std::span<const ApplicationRecord> declared{};

  static const ProfileSource file, bus;
};
inline const ProfileSource ProfileSource::file{};
inline const ProfileSource ProfileSource::bus{.names_files = false};

// Throws Error{invalid_argument} with origin, line, cause and remedy of all mistakes.
[[nodiscard]] EnrolmentProfile parse_profile(const std::string& name, const std::string& origin,
                                             const std::string& text, const ProfileSource& source);
// Of a file; good where no error was added.
[[nodiscard]] EnrolmentProfile read_profile(const std::string& path, const ProfileSource& source,
                                            ConfigurationProblems& problems);

// A profile, or why there is none.
struct ProfileFile {
  std::string name;
  std::optional<EnrolmentProfile> profile;
  std::string problem;
};
// Of enrolment.d. Throw Error{invalid_argument} where others may write the directory: then it is none of ours.
[[nodiscard]] std::vector<std::string> profile_paths(const std::string& directory, const std::string& image = {});
[[nodiscard]] std::vector<ProfileFile> load_profiles(const std::string& directory);

}  // namespace edgeseal::agent
