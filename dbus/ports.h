#pragma once

// The services behind the bus: agent/ implements them, dbus/ calls them. Everything happens in the thread of the event
// loop. What takes time answers later through a Completion; a port never blocks on the TPM.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

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
  std::string bus_name;  // unique name, ":1.42": owner of a transaction
  uid_t uid = static_cast<uid_t>(-1);
  pid_t pid = -1;  // for the audit only: may have been reused
};

struct GroupName {
  std::string application;
  std::string group;  // "application", "https", "tls"
};

struct ApplicationInfo {
  std::string name;
  std::string application_uri;
  std::string account;              // the account that it runs as, empty where none
  std::vector<std::string> access;  // policy::AccessRule texts
  std::vector<std::string> groups;
  std::string origin;  // "bus" or the path of the configuration file
};

struct NewApplication {
  std::string name;
  std::string application_uri;  // empty: urn:<host name>:<name>
  std::string account;
  std::vector<std::string> access;
  std::vector<std::string> slots;  // "group/certificate-type[=key-algorithm]"; empty: {"https/https=ec-p256"}
};

struct SigningRequestOptions {
  std::string subject;                  // "CN=gw1,O=Example"; empty: of the current certificate, else CN=<application>
  bool regenerate_private_key = false;  // a first key is always made
  Bytes nonce;                          // Part 12: at least 32 bytes where given
  std::vector<std::string> dns_names;   // empty: the host name
  std::vector<std::string> ip_addresses;
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

// org.edgeseal.Agent1, Setup1
class AgentPort {
 public:
  virtual ~AgentPort() = default;
  [[nodiscard]] virtual std::string version() const = 0;
  [[nodiscard]] virtual TpmStatus tpm_status() const = 0;
  [[nodiscard]] virtual std::string setup_state() const = 0;
  [[nodiscard]] virtual std::string describe() const = 0;  // JSON
  [[nodiscard]] virtual std::vector<ApplicationInfo> applications() const = 0;
  // TPM keys are made later, by CreateSigningRequest.
  virtual void create_application(const Caller& caller, const NewApplication& application) = 0;
  virtual void delete_application(const Caller& caller, const std::string& name) = 0;
};

// org.edgeseal.CertificateGroup1; the methods of OPC 10000-12 §7.10. One transaction per application, owned by the bus
// name that staged first (§7.10.2).
class CertificateGroupPort {
 public:
  virtual ~CertificateGroupPort() = default;
  [[nodiscard]] virtual GroupInfo group_info(const GroupName& group) const = 0;
  // DER PKCS#10
  virtual void create_signing_request(const Caller& caller, const GroupName& group, const std::string& certificate_type,
                                      const SigningRequestOptions& options, Completion<Bytes> done) = 0;
  // Stages; returns Part 12's applyChangesRequired, always true.
  virtual bool update_certificate(const Caller& caller, const GroupName& group, const SlotCertificate& certificate) = 0;
  // Proves the key by a signature that the staged certificate verifies, commits, publishes.
  virtual void apply_changes(const Caller& caller, const GroupName& group, Completion<std::monostate> done) = 0;
  virtual void cancel_changes(const Caller& caller, const GroupName& group) = 0;
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
  // Who may do what without asking polkit (DESIGN: the account of an application for its own certificates).
  [[nodiscard]] virtual std::optional<uid_t> account_of(const std::string& application) const = 0;
};

}  // namespace edgeseal::dbus
