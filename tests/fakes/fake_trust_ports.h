#pragma once

// ServerConfiguration and trust directories, in memory.

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/fakes/fake_trust_list_port.h"

namespace edgeseal::dbus::fake {

class FakeServerConfiguration final : public ServerConfigurationPort {
 public:
  explicit FakeServerConfiguration(FakeTransactions& transactions) : transactions_(transactions) {}

  mutable Fault fault;
  ServerConfigurationInfo info{.application_uri = "urn:gw:web",
                               .product_uri = "urn:product",
                               .server_capabilities = {"DA"},
                               .supported_private_key_formats = {},
                               .certificate_groups = {"https", "tls"},
                               .max_trust_list_size = 16 * 1024 * 1024,
                               .has_secure_element = true};
  std::map<std::string, std::vector<TypedCertificate>> active;  // by application
  std::vector<Bytes> rejected;
  int calls = 0;
  mutable Caller last_caller;
  mutable std::optional<CertificateTarget> last_target;
  std::optional<SigningRequestOptions> last_request;
  std::optional<SelfSignedOptions> last_self_signed;
  std::optional<PushedCertificate> last_pushed;
  std::vector<std::string> resets;

  ServerConfigurationInfo server_configuration(const std::string&) const override {
    fault.strike();
    return info;
  }

  void request_certificate(const Caller& caller, const CertificateTarget& target, const SigningRequestOptions& options,
                           Completion<Bytes> done) override {
    called(caller, target);
    last_request = options;
    done(bytes("request for " + target.type_id));
  }

  void push_certificate(const Caller& caller, const CertificateTarget& target, const PushedCertificate& certificate,
                        Completion<bool> done) override {
    called(caller, target);
    last_pushed = certificate;
    if (certificate.certificate.empty()) throw CallError("InvalidArgument", "the certificate is empty");
    if (certificate.has_private_key) throw CallError("NotSupported", "private keys are made here");
    const TypedCertificate pushed{target.type_id, certificate.certificate};
    transactions_.stage_certificate(caller, {target.application, group_of(target)},
                                    [this, target, pushed] { active[target.application] = {pushed}; });
    done(true);
  }

  void self_sign_certificate(const Caller& caller, const CertificateTarget& target, const SelfSignedOptions& options,
                             Completion<Bytes> done) override {
    called(caller, target);
    last_self_signed = options;
    done(bytes("self-signed"));
  }

  void delete_certificate(const Caller& caller, const CertificateTarget& target) override {
    called(caller, target);
    transactions_.stage_certificate(caller, {target.application, group_of(target)},
                                    [this, target] { active.erase(target.application); });
  }

  std::vector<TypedCertificate> certificates_of(const std::string& application,
                                                const std::string& group_id) const override {
    fault.strike();
    last_target = {application, group_id, ""};
    const auto found = active.find(application);
    return found == active.end() ? std::vector<TypedCertificate>{} : found->second;
  }

  std::vector<Bytes> rejected_certificates(const std::string&) const override {
    fault.strike();
    return rejected;
  }

  void reset_to_server_defaults(const Caller& caller, const std::string& application,
                                Completion<std::monostate> done) override {
    called(caller, {application, "", ""});
    resets.push_back(application);
    transactions_.on_restart_required(application);
    done(std::monostate());
  }

 private:
  static std::string group_of(const CertificateTarget& target) {
    return target.group_id.empty() ? "application" : target.group_id;
  }

  void called(const Caller& caller, const CertificateTarget& target) {
    fault.strike();
    last_caller = caller;
    last_target = target;
    ++calls;
  }

  FakeTransactions& transactions_;
};

class FakeTrustDirectories final : public TrustDirectoryPort {
 public:
  mutable Fault fault;
  std::vector<DirectoryFinding> findings;
  AdoptionPlan plan;
  std::vector<AdoptedDirectory> directories;
  std::optional<std::string> last_path;
  std::optional<AdoptedDirectory> last_adopted;
  bool last_import = false;
  Caller last_caller;

  std::vector<DirectoryFinding> audit(const std::string& path) override {
    fault.strike();
    last_path = path;
    return findings;
  }

  void plan_adoption(const AdoptedDirectory& directory, Completion<AdoptionPlan> done) override {
    fault.strike();
    plan.directory = directory;
    done(plan);
  }

  void adopt(const Caller& caller, const AdoptedDirectory& directory, bool import,
             Completion<std::monostate> done) override {
    fault.strike();
    last_caller = caller;
    last_adopted = directory;
    last_import = import;
    directories.push_back(directory);
    done(std::monostate());
  }

  void release(const Caller& caller, const std::string& path) override {
    fault.strike();
    last_caller = caller;
    if (std::erase_if(directories, [&](const auto& directory) { return directory.path == path; }) == 0) {
      throw CallError("NotFound", path + " is not adopted");
    }
  }

  std::vector<AdoptedDirectory> adopted() const override {
    fault.strike();
    return directories;
  }
};

}  // namespace edgeseal::dbus::fake
