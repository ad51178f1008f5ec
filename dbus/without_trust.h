#pragma once

#include <optional>

#include "dbus/service_ports.h"

namespace edgeseal::dbus {

// The services of trust for an agent that hasn't any: transactions are those of its certificate groups alone.
class WithoutTrust final : public TransactionPort,
                           public TrustListPort,
                           public ServerConfigurationPort,
                           public TrustDirectoryPort {
 public:
  explicit WithoutTrust(CertificateGroupPort& groups) : groups_(groups) {}

  void apply_changes(const Caller& caller, const std::string& application, const ApplyOptions&,
                     Completion<std::monostate> done) override {
    groups_.apply_changes(caller, {application, ""}, std::move(done));
  }
  void cancel_changes(const Caller& caller, const std::string& application) override {
    groups_.cancel_changes(caller, {application, ""});
  }
  void confirm_changes(const Caller&, const std::string&) override { refuse(); }
  TransactionDiagnostics transaction_diagnostics(const std::string&) const override { refuse(); }

  TrustListInfo trust_list_info(const GroupName&) const override { return {}; }
  TrustListContents trust_list(const GroupName&, std::uint32_t) const override { refuse(); }
  bool set_trust_list(const Caller&, const GroupName&, TrustListContents) override { refuse(); }
  void add_certificate(const Caller&, const GroupName&, const Bytes&, bool) override { refuse(); }
  void remove_certificate(const Caller&, const GroupName&, const std::string&, bool) override { refuse(); }
  void set_trust_list_options(const Caller&, const GroupName&, const TrustListOptions&) override { refuse(); }
  std::uint32_t open(const Caller&, const GroupName&, std::uint8_t) override { refuse(); }
  std::uint32_t open_with_masks(const Caller&, const GroupName&, std::uint32_t) override { refuse(); }
  Bytes read(const Caller&, const GroupName&, std::uint32_t, std::int32_t) override { refuse(); }
  void write(const Caller&, const GroupName&, std::uint32_t, const Bytes&) override { refuse(); }
  std::uint64_t position(const Caller&, const GroupName&, std::uint32_t) override { refuse(); }
  void set_position(const Caller&, const GroupName&, std::uint32_t, std::uint64_t) override { refuse(); }
  void close(const Caller&, const GroupName&, std::uint32_t) override { refuse(); }
  bool close_and_update(const Caller&, const GroupName&, std::uint32_t) override { refuse(); }
  std::vector<Bytes> rejected_list(const GroupName&) const override { refuse(); }
  std::vector<SuppressedError> validate(const Caller&, const GroupName&, const std::vector<Bytes>&,
                                        const ValidationQuery&) override {
    refuse();
  }

  ServerConfigurationInfo server_configuration(const std::string&) const override { return {}; }
  void request_certificate(const Caller&, const CertificateTarget&, const SigningRequestOptions&,
                           Completion<Bytes>) override {
    refuse();
  }
  void push_certificate(const Caller&, const CertificateTarget&, const PushedCertificate&, Completion<bool>) override {
    refuse();
  }
  void self_sign_certificate(const Caller&, const CertificateTarget&, const SelfSignedOptions&,
                             Completion<Bytes>) override {
    refuse();
  }
  void delete_certificate(const Caller&, const CertificateTarget&) override { refuse(); }
  std::vector<TypedCertificate> certificates_of(const std::string&, const std::string&) const override { refuse(); }
  std::vector<Bytes> rejected_certificates(const std::string&) const override { refuse(); }
  void reset_to_server_defaults(const Caller&, const std::string&, Completion<std::monostate>) override { refuse(); }

  std::vector<DirectoryFinding> audit(const std::string&) override { refuse(); }
  AdoptionPlan plan_adoption(const AdoptedDirectory&) override { refuse(); }
  void adopt(const Caller&, const AdoptedDirectory&, bool, Completion<std::monostate>) override { refuse(); }
  void release(const Caller&, const std::string&) override { refuse(); }
  std::vector<AdoptedDirectory> adopted() const override { return {}; }

 private:
  [[noreturn]] static void refuse() { throw CallError("NotSupported", "this agent keeps no trust lists"); }

  CertificateGroupPort& groups_;
};

}  // namespace edgeseal::dbus
