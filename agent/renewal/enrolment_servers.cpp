#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "agent/bus_time.h"
#include "agent/certificates/certificate.h"
#include "agent/group_name.h"
#include "agent/renewal/enrolment.h"
#include "agent/trust/certificate_judgement.h"

// The part of Enrolment that says where the server of an authority is, and whom to believe there.
namespace edgeseal::agent {

namespace {

bool may_issue(const Bytes& der) {
  return misuse_of_issuer(*parse_certificate(der)).empty();
}

std::string trust_name(FirstTrust trust) {
  switch (trust) {
    case FirstTrust::anchors: return "explicit";
    case FirstTrust::fingerprint: return "fingerprint";
    case FirstTrust::person: return "person";
    case FirstTrust::system: return "implicit";
  }
  return "";
}

}  // namespace

std::vector<Bytes> Enrolment::known_anchors(const std::vector<Bytes>& approved, const EnrolmentProfile& profile) {
  std::vector<Bytes> anchors = profile.anchors;
  anchors.insert(anchors.end(), approved.begin(), approved.end());
  if (profile.trust_group)
    std::ranges::copy_if(services_.lists.record(*profile.trust_group).list.trusted_certificates,
                         std::back_inserter(anchors), may_issue);
  std::ranges::sort(anchors);
  anchors.erase(std::unique(anchors.begin(), anchors.end()), anchors.end());
  return anchors;
}

void Enrolment::require_anchors(const std::vector<Bytes>& approved, const EnrolmentProfile& profile) {
  if (profile.trust != FirstTrust::anchors || !profile.trust_group || !known_anchors(approved, profile).empty()) return;
  throw Error(Code::certificate_untrusted,
              fmt::format("the trust list of {} has no authority to know the server by; remedy: edgesealctl trust "
                          "add, or give anchors in the profile",
                          name_of(*profile.trust_group)));
}

dbus::JobWork Enrolment::server_of(const EnrolmentProfile& profile) {
  std::vector<Bytes> approved;
  for (const Job& job : jobs_.all())
    if (job.profile == profile.name && !has_ended(job.state))
      approved.insert(approved.end(), job.approved.begin(), job.approved.end());
  require_anchors(approved, profile);
  return server_of(profile, approved);
}

dbus::JobWork Enrolment::server_of(const EnrolmentProfile& profile, const std::vector<Bytes>& approved) {
  dbus::JobWork work;
  work.protocol = protocol_name(profile.protocol);
  work.url = profile.url;
  if (profile.url.empty()) {
    work.discover = profile.discover;
    work.discover_domain = profile.discover_domain;
  }
  work.label = profile.label;
  work.proxy = profile.proxy;
  work.time = microseconds_of(now().day);
  work.clock_doubtful = !world_.clocks().synchronised;
  work.anchors = known_anchors(approved, profile);
  if (profile.trust_group) {
    const TrustList& list = services_.lists.record(*profile.trust_group).list;
    work.issuers = list.issuer_certificates;
    work.crls = list.trusted_crls;
  }
  work.trust = work.anchors.empty() ? trust_name(profile.trust) : "explicit";
  work.fingerprint = profile.fingerprint;
  return work;
}

}  // namespace edgeseal::agent
