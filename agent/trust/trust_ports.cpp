#include "agent/trust/trust_ports.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/bus_time.h"
#include "agent/call_error.h"
#include "agent/certificates/opc_ua_names.h"
#include "agent/device/device_names.h"
#include "agent/trust/chain.h"

namespace edgeseal::agent {

namespace {

double to_milliseconds(std::chrono::milliseconds duration) {
  return static_cast<double>(duration.count());
}

TrustList to_list(dbus::TrustListContents contents) {
  return {contents.specified_lists, std::move(contents.trusted_certificates), std::move(contents.trusted_crls),
          std::move(contents.issuer_certificates), std::move(contents.issuer_crls)};
}

dbus::TrustListContents to_contents(TrustList list) {
  return {list.specified, std::move(list.trusted_certificates), std::move(list.trusted_crls),
          std::move(list.issuer_certificates), std::move(list.issuer_crls)};
}

void require_masks(TrustListMask masks) {
  if (masks > all_lists_mask)
    throw Error(Code::invalid_argument,
                "the masks are a sum of 1 (trusted certificates), 2 (trusted CRLs), 4 (issuer "
                "certificates) and 8 (issuer CRLs)");
}

bool out_of_date(const std::vector<Alarm>& alarms) {
  return std::ranges::any_of(alarms, [](const Alarm& alarm) { return alarm.kind == out_of_date_alarm; });
}

}  // namespace

// By which its server has channels: that of the DCA shows the device's identity before it has a certificate of its own
// (OPC 10000-21 §7.1).
bool TrustPorts::has_certificate(const std::string& application) const {
  if (!services_.groups.certificates({application, application_group}).empty()) return true;
  return application == device_application_name &&
         !services_.groups.certificates({application, identity_group}).empty();
}

// A server without a certificate has no channel that a client could have come by. Once an application trusts somebody,
// its configuration comes from those whom it trusts (OPC 10000-12 §7.5): who was let in before is so no more.
void TrustPorts::require_client(const dbus::Caller& caller, const std::string& application) const {
  const dbus::GroupName group{application, application_group};
  const auto slots = services_.applications.get(application).slots;
  if (!caller.session.empty() && std::ranges::find(slots, group.group, &SlotDeclaration::group) != slots.end() &&
      !has_certificate(application))
    throw Error(Code::out_of_service,
                fmt::format("application {} has no certificate yet, without which none of its clients is served; "
                            "remedy: let it make one, or edgesealctl certificate self-signed {}",
                            application, application));
  if (caller.client_certificate.empty() || services_.lists.record(group).list.trusted_certificates.empty()) return;
  (void)services_.validation.judge(group, split_chain(caller.client_certificate), {Purpose::application, "", ""});
}

void TrustPorts::apply_changes(const dbus::Caller& caller, const std::string& application,
                               const dbus::ApplyOptions& options, dbus::Completion<std::monostate> done) {
  translated([&] {
    require_client(caller, application);
    require_unlocked(services_.anchor);
    services_.groups.apply(owner_of(caller), application, options, to_answer(std::move(done)));
  });
}

void TrustPorts::cancel_changes(const dbus::Caller& caller, const std::string& application) {
  translated([&] { services_.groups.cancel(owner_of(caller), application); });
}

void TrustPorts::confirm_changes(const dbus::Caller&, const std::string& application,
                                 dbus::Completion<std::monostate> done) {
  translated([&] {
    services_.groups.confirm(application, [answer = to_answer(std::move(done))] { answer(std::monostate{}); });
  });
}

dbus::TransactionDiagnostics TrustPorts::transaction_diagnostics(const std::string& application) const {
  return translated([&] { return services_.transactions.diagnostics(application); });
}

dbus::TrustListInfo TrustPorts::trust_list_info(const dbus::GroupName& group) const {
  return translated([&] {
    const TrustListRecord& record = services_.lists.record(group);
    return dbus::TrustListInfo{.last_update_time = microseconds_of(record.last_update),
                               .update_frequency = to_milliseconds(record.update_frequency),
                               .activity_timeout = to_milliseconds(services_.files.activity_timeout()),
                               .default_validation_options = record.validation_options,
                               .max_size = static_cast<std::uint32_t>(services_.lists.max_size()),
                               .open_count = services_.files.open_count(group),
                               .writable = true,
                               .out_of_date = out_of_date(services_.alarms.active(group)),
                               .intact = services_.lists.intact(group)};
  });
}

dbus::TrustListContents TrustPorts::trust_list(const dbus::GroupName& group, std::uint32_t masks) const {
  return translated([&] {
    require_masks(masks);
    return to_contents(select(services_.lists.record(group).list, masks));
  });
}

bool TrustPorts::set_trust_list(const dbus::Caller& caller, const dbus::GroupName& group,
                                dbus::TrustListContents contents) {
  translated([&] {
    require_client(caller, group.application);
    require_masks(contents.specified_lists);
    services_.changes.replace(owner_of(caller), group, to_list(std::move(contents)));
  });
  return true;
}

void TrustPorts::add_certificate(const dbus::Caller& caller, const dbus::GroupName& group,
                                 const dbus::Bytes& certificate, bool is_trusted) {
  translated([&] {
    require_client(caller, group.application);
    services_.changes.add(owner_of(caller), group, certificate, is_trusted);
  });
}

void TrustPorts::remove_certificate(const dbus::Caller& caller, const dbus::GroupName& group,
                                    const std::string& thumbprint, bool is_trusted) {
  translated([&] {
    require_client(caller, group.application);
    services_.changes.remove(owner_of(caller), group, thumbprint, is_trusted);
  });
}

void TrustPorts::set_trust_list_options(const dbus::Caller& caller, const dbus::GroupName& group,
                                        const dbus::TrustListOptions& options) {
  translated([&] {
    require_client(caller, group.application);
    services_.changes.set_options(owner_of(caller), group, options);
  });
}

std::uint32_t TrustPorts::open(const dbus::Caller& caller, const dbus::GroupName& group, std::uint8_t mode) {
  return translated([&] { return services_.files.open(owner_of(caller), group, mode); });
}

std::uint32_t TrustPorts::open_with_masks(const dbus::Caller& caller, const dbus::GroupName& group,
                                          std::uint32_t masks) {
  return translated([&] {
    require_masks(masks);
    return services_.files.open_with_masks(owner_of(caller), group, masks);
  });
}

dbus::Bytes TrustPorts::read(const dbus::Caller& caller, const dbus::GroupName& group, std::uint32_t handle,
                             std::int32_t length) {
  return translated([&] { return services_.files.read(owner_of(caller), group, handle, length); });
}

void TrustPorts::write(const dbus::Caller& caller, const dbus::GroupName& group, std::uint32_t handle,
                       const dbus::Bytes& data) {
  translated([&] { services_.files.write(owner_of(caller), group, handle, data); });
}

std::uint64_t TrustPorts::position(const dbus::Caller& caller, const dbus::GroupName& group, std::uint32_t handle) {
  return translated([&] { return services_.files.position(owner_of(caller), group, handle); });
}

void TrustPorts::set_position(const dbus::Caller& caller, const dbus::GroupName& group, std::uint32_t handle,
                              std::uint64_t position) {
  translated([&] { services_.files.set_position(owner_of(caller), group, handle, position); });
}

void TrustPorts::close(const dbus::Caller& caller, const dbus::GroupName& group, std::uint32_t handle) {
  translated([&] { services_.files.close(owner_of(caller), group, handle); });
}

bool TrustPorts::close_and_update(const dbus::Caller& caller, const dbus::GroupName& group, std::uint32_t handle) {
  translated([&] {
    require_client(caller, group.application);
    services_.files.close_and_update(owner_of(caller), group, handle);
  });
  return true;
}

std::vector<dbus::Bytes> TrustPorts::rejected_list(const dbus::GroupName& group) const {
  return translated([&] {
    std::vector<dbus::Bytes> certificates;
    for (RejectedRecord& rejected : services_.validation.rejected(group))
      certificates.push_back(std::move(rejected.certificate));
    return certificates;
  });
}

std::vector<dbus::SuppressedError> TrustPorts::validate(const dbus::Caller&, const dbus::GroupName& group,
                                                        const std::vector<dbus::Bytes>& chain,
                                                        const dbus::ValidationQuery& query) {
  return translated([&] {
    const Purpose purpose = query.purpose.empty() ? purpose_of_group(group.group) : parse_purpose(query.purpose);
    std::vector<dbus::SuppressedError> suppressed;
    for (const Finding& finding :
         services_.validation.judge(group, chain, {purpose, query.host_name, query.application_uri}))
      suppressed.push_back({std::string(bus_name(finding.code)), finding.problem});
    return suppressed;
  });
}

dbus::ServerConfigurationInfo TrustPorts::server_configuration(const std::string& application) const {
  return translated([&] { return services_.configuration.info(application); });
}

void TrustPorts::request_certificate(const dbus::Caller& caller, const dbus::CertificateTarget& target,
                                     const dbus::SigningRequestOptions& options, dbus::Completion<dbus::Bytes> done) {
  translated([&] {
    require_client(caller, target.application);
    require_unlocked(services_.anchor);
    services_.configuration.create_signing_request(caller, target, options, to_answer(std::move(done)));
  });
}

void TrustPorts::push_certificate(const dbus::Caller& caller, const dbus::CertificateTarget& target,
                                  const dbus::PushedCertificate& certificate, dbus::Completion<bool> done) {
  translated([&] {
    require_client(caller, target.application);
    require_unlocked(services_.anchor);
    services_.configuration.update_certificate(caller, target, certificate, to_answer(std::move(done)));
  });
}

void TrustPorts::self_sign_certificate(const dbus::Caller& caller, const dbus::CertificateTarget& target,
                                       const dbus::SelfSignedOptions& options, dbus::Completion<dbus::Bytes> done) {
  translated([&] {
    require_client(caller, target.application);
    require_unlocked(services_.anchor);
    services_.configuration.create_self_signed(caller, target, options, to_answer(std::move(done)));
  });
}

void TrustPorts::delete_certificate(const dbus::Caller& caller, const dbus::CertificateTarget& target) {
  translated([&] {
    require_client(caller, target.application);
    services_.configuration.delete_certificate(caller, target);
  });
}

std::vector<dbus::TypedCertificate> TrustPorts::certificates_of(const std::string& application,
                                                                const std::string& group_id) const {
  return translated([&] { return services_.configuration.certificates(application, group_id); });
}

std::vector<dbus::Bytes> TrustPorts::rejected_certificates(const std::string& application) const {
  return translated([&] { return services_.configuration.rejected(application); });
}

void TrustPorts::reset_to_server_defaults(const dbus::Caller& caller, const std::string& application,
                                          dbus::Completion<std::monostate> done) {
  translated([&] {
    require_client(caller, application);
    services_.configuration.reset(caller, application, to_answer(std::move(done)));
  });
}

}  // namespace edgeseal::agent
