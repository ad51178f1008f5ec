#pragma once

// The services behind the bus: agent/ implements them, dbus/ calls them. Everything happens in the thread of the event
// loop. What takes time answers later through a Completion; a port never blocks on the TPM.

#include <sys/types.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "dbus/secret.h"

namespace edgeseal::dbus {

using Bytes = std::vector<std::byte>;

// A refusal that the caller may see: `name` is the last part of org.edgeseal.Error.NAME (an OPC UA status name without
// "Bad", docs/dbus.md), the message names cause and remedy. Ports throw it or hand it to a Completion. Any other
// exception that leaves a port becomes InternalError without its text; the text goes to the journal.
struct CallError : std::runtime_error {
  CallError(std::string error_name, const std::string& message)
      : std::runtime_error(message), name(std::move(error_name)) {}
  std::string name;
};

// Called exactly once, in the event loop's thread, with the result or the refusal.
template <class T>
using Completion = std::function<void(std::variant<T, CallError>)>;

// Who calls. The authority has already let the call through when a port sees it.
struct Caller {
  std::string bus_name;  // unique name, ":1.42"; with `session` the owner of a transaction
  uid_t uid = static_cast<uid_t>(-1);
  pid_t pid = -1;         // for the audit only: may have been reused
  std::string session{};  // of a server that delegates: for whom it calls; empty: for itself
  std::string user{};     // of that session, for the audit only; the next, too
  Bytes client_certificate{};
};

struct GroupName {
  std::string application;
  std::string group;  // "application", "https", "tls"

  auto operator<=>(const GroupName&) const = default;
};

struct ApplicationInfo {
  std::string name;
  std::string application_uri;
  std::string account;                             // the account that it runs as, empty where none
  std::vector<std::string> access;                 // policy::AccessRule texts
  std::vector<std::string> legacy;                 // see NewApplication
  std::vector<std::string> groups;                 // those of slots and those with a trust list alone
  std::string origin;                              // "bus" or the path of the configuration file
  std::vector<std::string> server_capabilities{};  // OPC 10000-12 Annex D
  std::vector<std::string> exports{};              // layouts besides Annex F: see NewApplication
};

struct NewApplication {
  std::string name;
  std::string application_uri;  // empty: urn:<host name>:<name>
  std::string account;
  std::vector<std::string> access;
  // "group/certificate-type[=key-algorithm[,tpm|,sealed][,pss][,pcrs=N+N...]]"; empty: {"https/https=ec-p256"}
  std::vector<std::string> slots;
  // What old peers need and nobody else gets: "sha1-signatures", "pkcs1-decryption", "raw-rsa".
  std::vector<std::string> legacy;
  std::vector<std::string> trust_groups{};         // groups without a certificate of their own: "user-token" ...
  std::vector<std::string> server_capabilities{};  // OPC 10000-12 Annex D, 1 to 8 characters each; empty: {"NA"}
  std::vector<std::string> exports{};              // of "open62541", "node-opcua", "milo", "pem"
};

struct SigningRequestOptions {
  std::string subject;                  // "CN=gw1,O=Example"; empty: of the current certificate, else CN=<application>
  bool regenerate_private_key = false;  // a first key is always made
  Bytes nonce;                          // Part 12: at least 32 bytes where given
  std::vector<std::string> dns_names;   // empty: the host name
  std::vector<std::string> ip_addresses;
};

// OPC 10000-12 §7.10.6
struct SelfSignedOptions {
  std::string subject;                 // empty: CN=<application>
  std::vector<std::string> dns_names;  // empty: the host name
  std::vector<std::string> ip_addresses;
  std::uint16_t lifetime_days = 0;  // 0: 365
  std::uint16_t key_bits = 0;       // 0: as the slot declares
};

// A private key from outside. Usable for the first enrolment, and marked as exposed until it is replaced.
struct OutsideKey {
  std::string format;      // "PEM", "DER", "PFX", "TSS2" (a key of this TPM made by another program); empty: found out
  Secret private_key;      // at most 65536 bytes
  Secret passphrase;       // empty: none
  std::string protection;  // "tpm" or "sealed"; empty: what the slot declares
};

// Which key of a slot is meant.
enum class WhichKey { active, pending };

// TPM2_Certify; structures as the TPM marshals them.
struct KeyEvidence {
  Bytes public_area, certify_info, signature, attestation_public_area;
  std::vector<Bytes> endorsement_certificates;  // DER
};

// What the manufacturer left in the TPM.
struct ManufacturerKeyInfo {
  std::string kind;       // "endorsement", "idevid", "iak"
  std::string algorithm;  // "rsa-2048", "ec-p256" ...
  std::uint32_t handle = 0, nv_index = 0;
  Bytes public_area, certificate;
};

// Values of PCRs of the SHA-256 bank: number 0 to 23, and 32 bytes each.
using PcrValues = std::map<std::uint32_t, Bytes>;

struct PcrApprovalRequest {
  Bytes pcr_digest;  // SHA-256 over the values
  Bytes policy;      // what the authority signs with SHA-256
};

struct SlotCertificate {
  std::string certificate_type;
  Bytes certificate;                       // DER
  std::vector<Bytes> issuer_certificates;  // DER, nearest issuer first
};

struct GroupInfo {
  std::vector<std::string> certificate_types;
  std::string directory;  // where certificates and key references are published
  bool transaction_pending = false;
};

struct TpmStatus {
  std::string health;                        // ready, absent, busy, slow, locked-out, replaced, degraded
  std::string detail;                        // one sentence: what is wrong and what to do; empty where ready
  std::map<std::string, std::string> facts;  // manufacturer, firmware, revision, key-algorithms, storage-key ...
};

// org.edgeseal.Agent1
class AgentPort {
 public:
  virtual ~AgentPort() = default;
  [[nodiscard]] virtual std::string version() const = 0;
  [[nodiscard]] virtual TpmStatus tpm_status() const = 0;
  [[nodiscard]] virtual std::string describe() const = 0;  // JSON
  [[nodiscard]] virtual std::vector<ApplicationInfo> applications() const = 0;
  virtual void manufacturer_keys(Completion<std::vector<ManufacturerKeyInfo>> done) = 0;
  // `endorsement_key`: "rsa-2048" or "ec-p256". Answers the secret of TPM2_MakeCredential.
  virtual void activate_credential(const Caller& caller, const std::string& endorsement_key, const Bytes& credential,
                                   const Bytes& encrypted_secret, Completion<Secret> done) = 0;
  virtual void read_pcrs(const Caller& caller, const std::vector<std::uint32_t>& pcrs, Completion<PcrValues> done) = 0;
  [[nodiscard]] virtual PcrApprovalRequest prepare_pcr_approval(const PcrValues& values) const = 0;
  // `signature`: RSA PKCS#1 v1.5 or DER ECDSA of the configured authority, with SHA-256 over the prepared policy.
  virtual void add_pcr_approval(const Caller& caller, const PcrValues& values, const Bytes& signature) = 0;
  // Seals every sealed key with a PCR policy once more, for the values that an update will bring besides those of now.
  // Answers how many keys were resealed.
  virtual void reseal(const Caller& caller, const PcrValues& values, Completion<std::uint32_t> done) = 0;
  // TPM keys are made later, by CreateSigningRequest.
  virtual void create_application(const Caller& caller, const NewApplication& application) = 0;
  virtual void delete_application(const Caller& caller, const std::string& name) = 0;
  // A rule of who may use the keys, as in ApplicationInfo::access. False where nothing had to be changed.
  virtual bool add_access_rule(const Caller& caller, const std::string& application, const std::string& rule) = 0;
  virtual bool remove_access_rule(const Caller& caller, const std::string& application, const std::string& rule) = 0;
};

// org.edgeseal.CertificateGroup1; the methods of OPC 10000-12 §7.10. What they stage is applied by a TransactionPort.
class CertificateGroupPort {
 public:
  virtual ~CertificateGroupPort() = default;
  [[nodiscard]] virtual GroupInfo group_info(const GroupName& group) const = 0;
  // DER PKCS#10
  virtual void create_signing_request(const Caller& caller, const GroupName& group, const std::string& certificate_type,
                                      const SigningRequestOptions& options, Completion<Bytes> done) = 0;
  // Makes a key and a self-signed certificate for it, stages both; answers the certificate (DER).
  virtual void create_self_signed_certificate(const Caller& caller, const GroupName& group,
                                              const std::string& certificate_type, const SelfSignedOptions& options,
                                              Completion<Bytes> done) = 0;
  // Stages, with the key where one comes along; answers Part 12's applyChangesRequired, always true.
  virtual void update_certificate(const Caller& caller, const GroupName& group, const SlotCertificate& certificate,
                                  std::optional<OutsideKey> key, Completion<bool> done) = 0;
  // Makes an outside key the pending key of the slot; answers its SubjectPublicKeyInfo (DER).
  virtual void import_private_key(const Caller& caller, const GroupName& group, const std::string& certificate_type,
                                  OutsideKey key, Completion<Bytes> done) = 0;
  // A `tpm` key as a TSSPRIVKEY (DER), usable on this TPM only; `passphrase`: its new authorisation, empty for none.
  virtual void export_tss_private_key(const Caller& caller, const GroupName& group, const std::string& certificate_type,
                                      WhichKey which, Secret passphrase, Completion<Bytes> done) = 0;
  // Those of the slot; answers how many there were.
  virtual std::uint32_t destroy_retired_keys(const Caller& caller, const GroupName& group,
                                             const std::string& certificate_type) = 0;
  // `nonce`: at most 32 bytes.
  virtual void certify_key(const Caller& caller, const GroupName& group, const std::string& certificate_type,
                           WhichKey which, const Bytes& nonce, Completion<KeyEvidence> done) = 0;
  [[nodiscard]] virtual std::vector<SlotCertificate> certificates(const GroupName& group) const = 0;
  // The owner of a transaction left the bus: it is dropped (OPC 10000-12 §7.10.2).
  virtual void owner_vanished(const std::string& bus_name) = 0;
};

// One line per decision on a call; written by the guard.
struct AuditRecord {
  Caller caller;
  std::string member;  // "org.edgeseal.Agent1.CreateApplication"
  std::string object_path;
  bool success = false;  // a record says failure unless told of success
  std::string error;     // name of the error, empty on success
};

class AuditPort {
 public:
  virtual ~AuditPort() = default;
  virtual void record(const AuditRecord& record) = 0;
  // What must not reach the caller: text of an unexpected exception.
  virtual void internal_error(const std::string& where, const std::string& what) = 0;
};

// Who may do what without asking polkit (DESIGN: the account of an application for its own certificates).
class AccountPort {
 public:
  virtual ~AccountPort() = default;
  [[nodiscard]] virtual std::optional<uid_t> account_of(const std::string& application) const = 0;
  // Whether it is that of any application.
  [[nodiscard]] virtual bool is_account(uid_t uid) const = 0;
};

}  // namespace edgeseal::dbus
