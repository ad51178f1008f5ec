#include "dbus/trust_list_object.h"

#include <utility>

#include "dbus/object_path.h"
#include "dbus/trust_arguments.h"

namespace edgeseal::dbus {
namespace {

constexpr Bounds kThumbprintBytes{1, 64};

constexpr TrustListInfo kUnavailable{.writable = false};

}  // namespace

TrustListObject::TrustListObject(sdbus::IConnection& connection, TrustListPort& lists, Guard& guard, GroupName name)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(group_path(name))),
      lists_(lists),
      guard_(guard),
      name_(std::move(name)) {
  registerAdaptor();
}

void TrustListObject::AddCertificate(sdbus::Result<>&& result, ByteArray certificate, bool is_trusted,
                                     VariantMap options) {
  guard_.run_delegated(
      "org.edgeseal.TrustList1.AddCertificate", getObject(), name_.application, std::move(result), std::move(options),
      [&lists = lists_, name = name_, certificate = std::move(certificate), is_trusted](const Caller& caller) {
        check_size("certificate", certificate.size(), kCertificateBytes);
        lists.add_certificate(caller, name, to_bytes(certificate), is_trusted);
      });
}

void TrustListObject::RemoveCertificate(sdbus::Result<>&& result, std::string thumbprint, bool is_trusted,
                                        VariantMap options) {
  guard_.run_delegated(
      "org.edgeseal.TrustList1.RemoveCertificate", getObject(), name_.application, std::move(result),
      std::move(options),
      [&lists = lists_, name = name_, thumbprint = std::move(thumbprint), is_trusted](const Caller& caller) {
        check_size("thumbprint", thumbprint.size(), kThumbprintBytes);
        lists.remove_certificate(caller, name, thumbprint, is_trusted);
      });
}

void TrustListObject::GetTrustList(
    sdbus::Result<std::uint32_t, ByteArrays, ByteArrays, ByteArrays, ByteArrays>&& result, std::uint32_t masks,
    VariantMap options) {
  guard_.run_delegated("org.edgeseal.TrustList1.GetTrustList", getObject(), name_.application, std::move(result),
                       std::move(options), [&lists = lists_, name = name_, masks](const Caller&, const auto& reply) {
                         check_masks(masks, 1);
                         const auto list = lists.trust_list(name, masks);
                         check_fits_an_answer(list);
                         reply->succeed(list.specified_lists, to_arrays(list.trusted_certificates),
                                        to_arrays(list.trusted_crls), to_arrays(list.issuer_certificates),
                                        to_arrays(list.issuer_crls));
                       });
}

void TrustListObject::SetTrustList(sdbus::Result<bool>&& result, std::uint32_t specified_lists, ByteArrays trusted,
                                   ByteArrays trusted_crls, ByteArrays issuers, ByteArrays issuer_crls,
                                   VariantMap options) {
  guard_.run_delegated(
      "org.edgeseal.TrustList1.SetTrustList", getObject(), name_.application, std::move(result), std::move(options),
      [&lists = lists_, name = name_, specified_lists, trusted = std::move(trusted),
       trusted_crls = std::move(trusted_crls), issuers = std::move(issuers),
       issuer_crls = std::move(issuer_crls)](const Caller& caller) {
        return lists.set_trust_list(caller, name,
                                    trust_list_contents(specified_lists, trusted, trusted_crls, issuers, issuer_crls));
      });
}

void TrustListObject::SetOptions(sdbus::Result<>&& result, VariantMap options) {
  guard_.run_delegated("org.edgeseal.TrustList1.SetOptions", getObject(), name_.application, std::move(result),
                       std::move(options),
                       [&lists = lists_, name = name_](const Caller& caller, const auto& reply, const VariantMap& own) {
                         lists.set_trust_list_options(caller, name, trust_list_options(own));
                         reply->succeed();
                       });
}

void TrustListObject::GetRejectedList(sdbus::Result<ByteArrays>&& result, VariantMap options) {
  guard_.run_delegated("org.edgeseal.TrustList1.GetRejectedList", getObject(), name_.application, std::move(result),
                       std::move(options),
                       [&lists = lists_, name = name_](const Caller&) { return to_arrays(lists.rejected_list(name)); });
}

void TrustListObject::Validate(sdbus::Result<Suppressed>&& result, ByteArrays chain, VariantMap options) {
  guard_.run(
      "org.edgeseal.TrustList1.Validate", getObject(), name_.application, std::move(result),
      [&lists = lists_, name = name_, chain = std::move(chain), options = std::move(options)](const Caller& caller) {
        const auto query = validation_query(options);
        Suppressed suppressed;
        for (const auto& [error, message] : lists.validate(caller, name, peer_chain(chain), query)) {
          suppressed.emplace_back(error, message);
        }
        return suppressed;
      });
}

template <class T>
T TrustListObject::info(const char* property, T TrustListInfo::*member) {
  return guard_.read(property, [&] {
    try {
      return lists_.trust_list_info(name_).*member;
    } catch (const CallError&) {
      return kUnavailable.*member;
    }
  });
}

std::uint64_t TrustListObject::LastUpdateTime() {
  return info("org.edgeseal.TrustList1.LastUpdateTime", &TrustListInfo::last_update_time);
}

double TrustListObject::UpdateFrequency() {
  return info("org.edgeseal.TrustList1.UpdateFrequency", &TrustListInfo::update_frequency);
}

std::uint32_t TrustListObject::DefaultValidationOptions() {
  return info("org.edgeseal.TrustList1.DefaultValidationOptions", &TrustListInfo::default_validation_options);
}

double TrustListObject::ActivityTimeout() {
  return info("org.edgeseal.TrustList1.ActivityTimeout", &TrustListInfo::activity_timeout);
}

std::uint16_t TrustListObject::OpenCount() {
  return info("org.edgeseal.TrustList1.OpenCount", &TrustListInfo::open_count);
}

bool TrustListObject::Writable() {
  return info("org.edgeseal.TrustList1.Writable", &TrustListInfo::writable);
}

std::uint32_t TrustListObject::MaxTrustListSize() {
  return info("org.edgeseal.TrustList1.MaxTrustListSize", &TrustListInfo::max_size);
}

bool TrustListObject::OutOfDate() {
  return info("org.edgeseal.TrustList1.OutOfDate", &TrustListInfo::out_of_date);
}

bool TrustListObject::Intact() {
  return info("org.edgeseal.TrustList1.Intact", &TrustListInfo::intact);
}

void TrustListObject::changed() {
  getObject().emitPropertiesChangedSignal(org::edgeseal::TrustList1_adaptor::INTERFACE_NAME);
}

void TrustListObject::alarm(const std::string& kind, const std::string& source, std::uint16_t severity,
                            const std::string& message) {
  emitAlarm(kind, source, severity, message);
}

}  // namespace edgeseal::dbus
