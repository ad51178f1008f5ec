#include "dbus/enrolment_object.h"

#include <memory>
#include <utility>

#include "dbus/arguments.h"
#include "dbus/bounds.h"
#include "dbus/job_work.h"
#include "dbus/object_path.h"

namespace edgeseal::dbus {
namespace {

constexpr Bounds kSlotBytes{1, 64 + 1 + 64 + 1 + 64};
constexpr Bounds kTextBytes{1, 262144};
constexpr Bounds kClassBytes{0, 64};
constexpr Bounds kMessageBytes{0, 512};

// Shared: what is handed to the guard is copied.
std::shared_ptr<EnrolmentWish> wish_of(const std::string& profile, const VariantMap& given) {
  check_size("profile", profile.size(), kNameBytes);
  Options options(given);
  auto wish = std::make_shared<EnrolmentWish>();
  wish->profile = profile;
  wish->slot = options.text("slot", kSlotBytes.most);
  wish->secret = options.secret("secret", kSecretBytes);
  options.finish();
  return wish;
}

std::vector<sdbus::ObjectPath> paths_of(const std::vector<JobNumber>& numbers) {
  std::vector<sdbus::ObjectPath> paths;
  for (const JobNumber number : numbers) paths.emplace_back(job_path(number));
  return paths;
}

VariantMap to_map(const ProfileInfo& profile) {
  return {{"name", sdbus::Variant(profile.name)},           {"origin", sdbus::Variant(profile.origin)},
          {"protocol", sdbus::Variant(profile.protocol)},   {"url", sdbus::Variant(profile.url)},
          {"discover", sdbus::Variant(profile.discover)},   {"slots", sdbus::Variant(profile.slots)},
          {"automatic", sdbus::Variant(profile.automatic)}, {"first-contact", sdbus::Variant(profile.first_contact)},
          {"problem", sdbus::Variant(profile.problem)}};
}

VariantMap to_map(const RenewalInfo& renewal) {
  return {{"slot", sdbus::Variant(renewal.slot)},         {"profile", sdbus::Variant(renewal.profile)},
          {"expires", sdbus::Variant(renewal.expires)},   {"due", sdbus::Variant(renewal.due)},
          {"next-try", sdbus::Variant(renewal.next_try)}, {"failures", sdbus::Variant(renewal.failures)},
          {"needs", sdbus::Variant(renewal.needs)}};
}

VariantMap to_map(const AuthorityContact& contact) {
  return {{"profile", sdbus::Variant(contact.profile)},
          {"url", sdbus::Variant(contact.url)},
          {"error", sdbus::Variant(contact.outcome.failure_class)},
          {"message", sdbus::Variant(contact.outcome.message)}};
}

}  // namespace

EnrolmentObject::EnrolmentObject(sdbus::IConnection& connection, EnrolmentPort& enrolment, Guard& guard)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(kRootPath)), enrolment_(enrolment), guard_(guard) {
  registerAdaptor();
}

void EnrolmentObject::Enroll(sdbus::Result<std::vector<sdbus::ObjectPath>>&& result, std::string profile,
                             VariantMap options) {
  guard_.run(
      "org.edgeseal.Enrolment1.Enroll", getObject(), "", std::move(result),
      [&enrolment = enrolment_, profile = std::move(profile), options = std::move(options)](const Caller& caller) {
        const auto wish = wish_of(profile, options);
        return paths_of(enrolment.enroll(caller, std::move(*wish)));
      });
}

void EnrolmentObject::Renew(sdbus::Result<sdbus::ObjectPath>&& result, std::string slot) {
  const std::string application = slot.substr(0, slot.find('/'));
  guard_.run("org.edgeseal.Enrolment1.Renew", getObject(), application, std::move(result),
             [&enrolment = enrolment_, slot = std::move(slot)](const Caller& caller) {
               check_size("slot", slot.size(), kSlotBytes);
               return sdbus::ObjectPath(job_path(enrolment.renew(caller, slot)));
             });
}

void EnrolmentObject::SetProfile(sdbus::Result<>&& result, std::string name, std::string text) {
  guard_.run("org.edgeseal.Enrolment1.SetProfile", getObject(), "", std::move(result),
             [&enrolment = enrolment_, name = std::move(name), text = std::move(text)](const Caller& caller) {
               check_size("name", name.size(), kNameBytes);
               check_size("text", text.size(), kTextBytes);
               enrolment.set_profile(caller, name, text);
             });
}

void EnrolmentObject::RemoveProfile(sdbus::Result<>&& result, std::string name) {
  guard_.run("org.edgeseal.Enrolment1.RemoveProfile", getObject(), "", std::move(result),
             [&enrolment = enrolment_, name = std::move(name)](const Caller& caller) {
               check_size("name", name.size(), kNameBytes);
               enrolment.remove_profile(caller, name);
             });
}

void EnrolmentObject::CheckAuthorities(sdbus::Result<std::vector<VariantMap>>&& result) {
  guard_.run("org.edgeseal.Enrolment1.CheckAuthorities", getObject(), "", std::move(result),
             [&enrolment = enrolment_](const Caller& caller, const auto& reply) {
               using Contacts = std::vector<AuthorityContact>;
               enrolment.check_authorities(
                   caller, reply->template completion<Contacts>(
                               [](auto& open, const auto& contacts) { open.succeed(to_maps(contacts, to_map)); }));
             });
}

void EnrolmentObject::TakeContact(sdbus::Result<VariantMap>&& result, std::string profile) {
  guard_.run("org.edgeseal.Enrolment1.TakeContact", getObject(), "", std::move(result),
             [&enrolment = enrolment_, profile = std::move(profile)](const Caller& caller) {
               check_size("profile", profile.size(), kNameBytes);
               return to_map(enrolment.take_contact(caller, profile));
             });
}

void EnrolmentObject::ReportContact(sdbus::Result<>&& result, std::string profile, std::string failure_class,
                                    std::string message) {
  guard_.run("org.edgeseal.Enrolment1.ReportContact", getObject(), "", std::move(result),
             [&enrolment = enrolment_, profile = std::move(profile), failure_class = std::move(failure_class),
              message = std::move(message)](const Caller& caller) {
               check_size("profile", profile.size(), kNameBytes);
               check_size("class", failure_class.size(), kClassBytes);
               check_printable("message", message, kMessageBytes);
               enrolment.report_contact(caller, profile, {failure_class, message});
             });
}

std::vector<VariantMap> EnrolmentObject::Profiles() {
  return guard_.read("org.edgeseal.Enrolment1.Profiles", [this] { return to_maps(enrolment_.profiles(), to_map); });
}

std::vector<VariantMap> EnrolmentObject::Renewals() {
  return guard_.read("org.edgeseal.Enrolment1.Renewals", [this] { return to_maps(enrolment_.renewals(), to_map); });
}

std::vector<sdbus::ObjectPath> EnrolmentObject::WaitingJobs() {
  return guard_.read("org.edgeseal.Enrolment1.WaitingJobs", [this] { return paths_of(enrolment_.waiting_jobs()); });
}

std::vector<std::string> EnrolmentObject::WaitingContacts() {
  return guard_.read("org.edgeseal.Enrolment1.WaitingContacts", [this] { return enrolment_.waiting_contacts(); });
}

void EnrolmentObject::changed() {
  getObject().emitPropertiesChangedSignal(org::edgeseal::Enrolment1_adaptor::INTERFACE_NAME);
}

void EnrolmentObject::job_waiting(JobNumber number) {
  emitJobWaiting(sdbus::ObjectPath(job_path(number)));
}

}  // namespace edgeseal::dbus
