#include "dbus/enrolment_object.h"

#include <memory>
#include <utility>

#include "dbus/arguments.h"
#include "dbus/object_path.h"

namespace edgeseal::dbus {
namespace {

constexpr Bounds kNameBytes{1, 64};
constexpr Bounds kSlotBytes{1, 64 + 1 + 64 + 1 + 64};
constexpr Bounds kTextBytes{1, 262144};
constexpr Bounds kSecretBytes{1, 1024};

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

}  // namespace

EnrolmentObject::EnrolmentObject(sdbus::IConnection& connection, EnrolmentPort& enrolment, Guard& guard)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(kRootPath)), enrolment_(enrolment), guard_(guard) {
  registerAdaptor();
}

void EnrolmentObject::Enroll(sdbus::Result<std::vector<sdbus::ObjectPath>>&& result, std::string profile,
                             VariantMap options) {
  guard_.run("org.edgeseal.Enrolment1.Enroll", getObject(), "", std::move(result),
             [&enrolment = enrolment_, profile = std::move(profile), options = std::move(options)](const Caller& caller,
                                                                                                   const auto& reply) {
               const auto wish = wish_of(profile, options);
               reply->succeed(paths_of(enrolment.enroll(caller, std::move(*wish))));
             });
}

void EnrolmentObject::Renew(sdbus::Result<sdbus::ObjectPath>&& result, std::string slot) {
  const std::string application = slot.substr(0, slot.find('/'));
  guard_.run("org.edgeseal.Enrolment1.Renew", getObject(), application, std::move(result),
             [&enrolment = enrolment_, slot = std::move(slot)](const Caller& caller, const auto& reply) {
               check_size("slot", slot.size(), kSlotBytes);
               reply->succeed(sdbus::ObjectPath(job_path(enrolment.renew(caller, slot))));
             });
}

void EnrolmentObject::SetProfile(sdbus::Result<>&& result, std::string name, std::string text) {
  guard_.run("org.edgeseal.Enrolment1.SetProfile", getObject(), "", std::move(result),
             [&enrolment = enrolment_, name = std::move(name), text = std::move(text)](const Caller& caller,
                                                                                       const auto& reply) {
               check_size("name", name.size(), kNameBytes);
               check_size("text", text.size(), kTextBytes);
               enrolment.set_profile(caller, name, text);
               reply->succeed();
             });
}

void EnrolmentObject::RemoveProfile(sdbus::Result<>&& result, std::string name) {
  guard_.run("org.edgeseal.Enrolment1.RemoveProfile", getObject(), "", std::move(result),
             [&enrolment = enrolment_, name = std::move(name)](const Caller& caller, const auto& reply) {
               check_size("name", name.size(), kNameBytes);
               enrolment.remove_profile(caller, name);
               reply->succeed();
             });
}

std::vector<VariantMap> EnrolmentObject::Profiles() {
  return guard_.read("org.edgeseal.Enrolment1.Profiles", [this] {
    std::vector<VariantMap> maps;
    for (const auto& profile : enrolment_.profiles()) maps.push_back(to_map(profile));
    return maps;
  });
}

std::vector<VariantMap> EnrolmentObject::Renewals() {
  return guard_.read("org.edgeseal.Enrolment1.Renewals", [this] {
    std::vector<VariantMap> maps;
    for (const auto& renewal : enrolment_.renewals()) maps.push_back(to_map(renewal));
    return maps;
  });
}

std::vector<sdbus::ObjectPath> EnrolmentObject::WaitingJobs() {
  return guard_.read("org.edgeseal.Enrolment1.WaitingJobs", [this] { return paths_of(enrolment_.waiting_jobs()); });
}

void EnrolmentObject::changed() {
  getObject().emitPropertiesChangedSignal(org::edgeseal::Enrolment1_adaptor::INTERFACE_NAME);
}

void EnrolmentObject::job_waiting(JobNumber number) {
  emitJobWaiting(sdbus::ObjectPath(job_path(number)));
}

}  // namespace edgeseal::dbus
