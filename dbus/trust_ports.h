#pragma once

// More services behind the bus, in the manner of ports.h: transactions, trust lists, ServerConfiguration, directories.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dbus/ports.h"

namespace edgeseal::dbus {

struct ApplyOptions {
  // Unless ConfirmChanges comes within this time, all is as it was before. 0: nothing has to be confirmed.
  std::chrono::seconds confirm_within{0};
  // The server can't take the changes while it runs: ShutdownRequested follows the answer (OPC 10000-12 §7.10.9).
  bool restart_required = false;
};

// OPC 10000-12 §7.10.17. The texts are OPC UA status names without "Bad".
struct TransactionDiagnostics {
  struct Error {
    std::string target;  // "https" or "https/https": group, or group and certificate type
    std::string error;
    std::string message;  // names the certificate or CRL at fault
  };
  std::uint64_t start_time = 0, end_time = 0;  // microseconds since 1970 UTC; end 0: still active
  std::string result;  // "InvalidState" while active, then "Good", "RequestCancelledByClient" ...
  std::vector<std::string> affected_trust_lists, affected_certificate_groups;
  std::vector<Error> errors;
};

// How a transaction ends (OPC 10000-12 §7.10.2): for CertificateGroup1 and ServerConfiguration1 alike. An application
// has one at a time; its owner is the bus name and session that staged first.
class TransactionPort {
 public:
  virtual ~TransactionPort() = default;
  // Proves the keys by signatures that the staged certificates verify, commits, publishes: certificates, deletions and
  // trust lists, all or nothing.
  virtual void apply_changes(const Caller& caller, const std::string& application, const ApplyOptions& options,
                             Completion<std::monostate> done) = 0;
  virtual void cancel_changes(const Caller& caller, const std::string& application) = 0;
  // Of the last ApplyChanges with ApplyOptions::confirm_within; whoever may change the application may confirm.
  // `done`: the TPM remembers it, so that no older disk undoes it.
  virtual void confirm_changes(const Caller& caller, const std::string& application,
                               Completion<std::monostate> done) = 0;
  // CallError "OutOfService" before the first transaction.
  [[nodiscard]] virtual TransactionDiagnostics transaction_diagnostics(const std::string& application) const = 0;
};

// What a group trusts; times and sizes as OPC 10000-12 §7.8.2 has them.
struct TrustListInfo {
  std::uint64_t last_update_time = 0;            // microseconds since 1970 UTC; 0: never
  double update_frequency = 0;                   // milliseconds; 0: no update is expected
  double activity_timeout = 0;                   // milliseconds
  std::uint32_t default_validation_options = 0;  // TrustListValidationOptions
  std::uint32_t max_size = 0;                    // bytes of the UA Binary form
  std::uint16_t open_count = 0;
  bool writable = true;
  bool out_of_date = false;
  bool intact = true;  // false: the stored list was damaged; the one before it is in use, or none
};

// TrustListDataType (OPC 10000-12 §7.8.2.8); DER.
struct TrustListContents {
  std::uint32_t specified_lists = 15;
  std::vector<Bytes> trusted_certificates, trusted_crls, issuer_certificates, issuer_crls;
};

inline constexpr std::chrono::milliseconds kLongestUpdateFrequency = std::chrono::days(10 * 366);

struct TrustListOptions {
  std::optional<double> update_frequency;  // milliseconds, 0 to kLongestUpdateFrequency
  std::optional<std::uint32_t> default_validation_options;
};

struct ValidationQuery {
  std::string purpose;          // "application", "https-server", "https-client", "user"; empty: that of the group
  std::string host_name;        // DNS name or IP address; empty: not judged
  std::string application_uri;  // empty: not judged
};

struct SuppressedError {
  std::string error;  // "CertificateTimeInvalid" ...
  std::string message;
};

// org.edgeseal.TrustList1: OPC 10000-12 §7.8.2, one to one, and validation by the list. What changes is staged in the
// transaction of the application. A handle belongs to bus name and session that opened it.
class TrustListPort {
 public:
  virtual ~TrustListPort() = default;
  [[nodiscard]] virtual TrustListInfo trust_list_info(const GroupName& group) const = 0;
  [[nodiscard]] virtual TrustListContents trust_list(const GroupName& group, std::uint32_t masks) const = 0;
  // Stages; answers applyChangesRequired, always true. The same for close_and_update().
  virtual bool set_trust_list(const Caller& caller, const GroupName& group, TrustListContents list) = 0;
  virtual void add_certificate(const Caller& caller, const GroupName& group, const Bytes& certificate,
                               bool is_trusted) = 0;
  // `thumbprint`: SHA-1 in hexadecimal.
  virtual void remove_certificate(const Caller& caller, const GroupName& group, const std::string& thumbprint,
                                  bool is_trusted) = 0;
  virtual void set_trust_list_options(const Caller& caller, const GroupName& group,
                                      const TrustListOptions& options) = 0;
  [[nodiscard]] virtual std::uint32_t open(const Caller& caller, const GroupName& group, std::uint8_t mode) = 0;
  [[nodiscard]] virtual std::uint32_t open_with_masks(const Caller& caller, const GroupName& group,
                                                      std::uint32_t masks) = 0;
  [[nodiscard]] virtual Bytes read(const Caller& caller, const GroupName& group, std::uint32_t handle,
                                   std::int32_t length) = 0;
  virtual void write(const Caller& caller, const GroupName& group, std::uint32_t handle, const Bytes& data) = 0;
  [[nodiscard]] virtual std::uint64_t position(const Caller& caller, const GroupName& group, std::uint32_t handle) = 0;
  virtual void set_position(const Caller& caller, const GroupName& group, std::uint32_t handle,
                            std::uint64_t position) = 0;
  virtual void close(const Caller& caller, const GroupName& group, std::uint32_t handle) = 0;
  virtual bool close_and_update(const Caller& caller, const GroupName& group, std::uint32_t handle) = 0;
  // Newest first.
  [[nodiscard]] virtual std::vector<Bytes> rejected_list(const GroupName& group) const = 0;
  // `chain`: DER, the peer's own first. Answers what was suppressed; a failure is the CallError of its step (OPC
  // 10000-4 §6.1.3), and the certificate is put on the rejected list.
  virtual std::vector<SuppressedError> validate(const Caller& caller, const GroupName& group,
                                                const std::vector<Bytes>& chain, const ValidationQuery& query) = 0;
};

// A group and a certificate type as an OPC UA client names them: NodeIds of OPC 10000-12 ("i=14156"; with "ns=0;"
// before it, too) or the names of this agent. Empty: null.
struct CertificateTarget {
  std::string application, group_id, type_id;
};

struct PushedCertificate {
  Bytes certificate;                       // DER, its chain may follow in the same bytes (OPC 10000-6 §6.2.6)
  std::vector<Bytes> issuer_certificates;  // DER
  std::string private_key_format;
  bool has_private_key = false;  // the key itself is not looked at: it stays out of this process
};

// OPC 10000-12 §7.10.3
struct ServerConfigurationInfo {
  std::string application_uri, product_uri;
  std::vector<std::string> server_capabilities, supported_private_key_formats;
  std::vector<std::string> certificate_groups;  // names
  std::uint32_t max_trust_list_size = 0;        // bytes
  bool multicast_dns_enabled = false;
  bool has_secure_element = false;
  bool in_application_setup = false;
};

struct TypedCertificate {
  std::string certificate_type;  // name
  Bytes certificate;             // DER
};

// org.edgeseal.ServerConfiguration1: the methods of OPC 10000-12 §7.10 for a server of any stack that delegates them.
// Channel and role have been judged when a port sees the call.
class ServerConfigurationPort {
 public:
  virtual ~ServerConfigurationPort() = default;
  [[nodiscard]] virtual ServerConfigurationInfo server_configuration(const std::string& application) const = 0;
  virtual void request_certificate(const Caller& caller, const CertificateTarget& target,
                                   const SigningRequestOptions& options, Completion<Bytes> done) = 0;
  virtual void push_certificate(const Caller& caller, const CertificateTarget& target,
                                const PushedCertificate& certificate, Completion<bool> done) = 0;
  virtual void self_sign_certificate(const Caller& caller, const CertificateTarget& target,
                                     const SelfSignedOptions& options, Completion<Bytes> done) = 0;
  virtual void delete_certificate(const Caller& caller, const CertificateTarget& target) = 0;
  [[nodiscard]] virtual std::vector<TypedCertificate> certificates_of(const std::string& application,
                                                                      const std::string& group_id) const = 0;
  // Of all groups, newest first.
  [[nodiscard]] virtual std::vector<Bytes> rejected_certificates(const std::string& application) const = 0;
  virtual void reset_to_server_defaults(const Caller& caller, const std::string& application,
                                        Completion<std::monostate> done) = 0;
};

// One thing about a directory that is not as it must be.
struct DirectoryFinding {
  std::string path;    // of the component at fault
  std::string found;   // "mode 0777"
  std::string wanted;  // "not writable by others"
  std::string action;  // "none", "repaired", "refused" (it is not ours to repair), "reported"
  std::string remedy;  // a command; empty where it was repaired
};

struct AdoptedDirectory {
  std::string path;
  GroupName group;
  std::string layout;     // "annex-f", "open62541", "node-opcua", "milo", "pem"
  bool enforced = false;  // false: audited only, because the unit may not write there
};

struct AdoptionPlan {
  AdoptedDirectory directory;
  TrustListContents found;                 // what the directory trusts now
  std::vector<std::string> ignored;        // files that are neither certificates nor CRLs, with the reason
  std::vector<DirectoryFinding> findings;  // what is wrong with it
};

// org.edgeseal.TrustDirectories1
class TrustDirectoryPort {
 public:
  virtual ~TrustDirectoryPort() = default;
  // Looks, repairs nothing. Empty path: everything that is managed or adopted, else one file or directory, absolute.
  [[nodiscard]] virtual std::vector<DirectoryFinding> audit(const std::string& path) = 0;
  // What adopt() would take over.
  virtual void plan_adoption(const AdoptedDirectory& directory, Completion<AdoptionPlan> done) = 0;
  // From now on its content is that of the group's trust list. `import`: first the list takes what the directory holds,
  // by a transaction of its own.
  virtual void adopt(const Caller& caller, const AdoptedDirectory& directory, bool import,
                     Completion<std::monostate> done) = 0;
  virtual void release(const Caller& caller, const std::string& path) = 0;
  [[nodiscard]] virtual std::vector<AdoptedDirectory> adopted() const = 0;
};

}  // namespace edgeseal::dbus
