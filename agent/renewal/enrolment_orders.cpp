#include <fmt/format.h>

#include <algorithm>

#include "agent/renewal/enrolment.h"
#include "agent/renewal/secret_weakness.h"

// The part of Enrolment that people order things of.
namespace edgeseal::agent {

namespace {

void require_strong(const EnrolmentProfile& profile, const SecretBytes& secret) {
  if (const std::string weakness = weakness_of(secret.view(), profile); !weakness.empty())
    throw Error(Code::invalid_argument, weakness);
}

void require_wanted(const EnrolmentProfile& profile) {
  if (std::ranges::find(profile.credentials, Credential::secret) != profile.credentials.end()) return;
  throw Error(Code::invalid_argument,
              fmt::format("profile {} takes no secret; remedy: name it in first of [credentials]", profile.name));
}

}  // namespace

std::vector<JobNumber> Enrolment::enroll(const std::string& name, const std::string& slot,
                                         std::optional<SecretBytes> secret) {
  const EnrolmentProfile& profile = profiles_.get(name);
  if (secret) require_wanted(profile);
  if (secret) require_strong(profile, *secret);
  follow_profiles();
  std::vector<JobNumber> numbers;
  const std::vector<Kept> all = kept_;
  for (const Kept& one : all) {
    if (one.profile != name || (!slot.empty() && one.slot.key_name() != slot)) continue;
    const Job* known = jobs_.under_way(one.slot);
    if (one.validity && one.validity->end > now().day && known == nullptr) continue;
    const JobNumber number = known != nullptr ? known->number : begin(one, AskedBy::person);
    if (secret) give_secret(number, SecretBytes(secret->view()));
    demand(number);
    numbers.push_back(number);
  }
  if (!slot.empty() && std::ranges::none_of(all, [&](const Kept& one) { return one.slot.key_name() == slot; }))
    throw Error(Code::invalid_argument, fmt::format("{:.200} is no slot of profile {}", slot, name));
  if (std::ranges::none_of(all, [&](const Kept& one) { return one.profile == name; }))
    throw Error(Code::not_found,
                fmt::format("none of the slots of profile {} is there; remedy: edgesealctl application "
                            "create, or mend the names",
                            name));
  if (numbers.empty())
    throw Error(Code::nothing_to_do, fmt::format("every slot of profile {} has its certificate; to have a new one: "
                                                 "edgesealctl renew SLOT",
                                                 name));
  return numbers;
}

JobNumber Enrolment::renew(const std::string& name) {
  follow_profiles();
  const Slot slot = services_.keys.resolve(name);
  const Kept one = require_kept(slot);
  const Job* known = jobs_.under_way(slot);
  const JobNumber number = known != nullptr ? known->number : begin(one, AskedBy::person);
  demand(number);
  return number;
}

// What somebody has, or waits for a person on its way, goes on.
void Enrolment::demand(JobNumber number) {
  const Job job = jobs_.get(number);
  jobs_.change(number, [](Job& changed) {
    changed.by_hand = true;
    if (changed.state != JobState::awaiting_credential) return;
    changed.state = JobState::scheduled;
    changed.needs.clear();
  });
  const bool moves = job.state == JobState::scheduled || job.state == JobState::awaiting_credential;
  if (moves) plan_.demand(job.slot.key_name());
  look();
}

void Enrolment::put_profile(const std::string& name, const std::string& text) {
  profiles_.put(name, text);
  look();
  if (world_.changed) world_.changed();
}

void Enrolment::remove_profile(const std::string& name) {
  profiles_.remove(name);
  look();
  if (world_.changed) world_.changed();
}

void Enrolment::use_profile_files(std::vector<ProfileFile> files) {
  profiles_.use_files(std::move(files));
  look();
  if (world_.changed) world_.changed();
}

void Enrolment::cancel(JobNumber number) {
  const Job job = jobs_.get(number);
  if (has_ended(job.state)) throw Error(Code::invalid_state, fmt::format("job {} has ended", number));
  if (job.state == JobState::installing)
    throw Error(Code::invalid_state, fmt::format("the certificate of job {} is just going into force", number));
  const bool is_run = runs_.contains(number);
  end(number, JobState::cancelled);
  if (is_run && world_.job_cancelled) world_.job_cancelled(number);
}

void Enrolment::approve(JobNumber number, ByteView fingerprint) {
  const Job job = jobs_.get(number);
  if (job.state != JobState::awaiting_approval)
    throw Error(Code::invalid_state, fmt::format("job {} asks for no approval", number));
  const auto found = std::ranges::find_if(
      job.proposed, [&](const Bytes& anchor) { return std::ranges::equal(sha256(anchor), fingerprint); });
  if (found == job.proposed.end())
    throw Error(Code::invalid_argument, fmt::format("{} is the fingerprint of nothing that was shown; it is not the "
                                                    "authority that you have in mind",
                                                    hexadecimal(fingerprint)));
  jobs_.change(number, [&](Job& changed) {
    changed.approved = changed.anchors = {*found};
    changed.proposed.clear();
    changed.needs.clear();
    changed.state = JobState::scheduled;
  });
  tell(Level::notice, "authority-approved", fmt::format("{} is the right authority", hexadecimal(fingerprint)), job);
  plan_.demand(job.slot.key_name());
  look();
}

void Enrolment::give_secret(JobNumber number, SecretBytes secret) {
  secrets_.put(number, std::move(secret));
  jobs_.change(number, [](Job& changed) { changed.secret_spent = false; });
}

void Enrolment::set_secret(JobNumber number, SecretBytes secret) {
  const Job job = jobs_.get(number);
  if (has_ended(job.state)) throw Error(Code::invalid_state, fmt::format("job {} has ended", number));
  const EnrolmentProfile& profile = profiles_.get(job.profile);
  require_wanted(profile);
  require_strong(profile, secret);
  give_secret(number, std::move(secret));
  demand(number);
}

void Enrolment::install(JobNumber number, const Bytes& certificate, const std::vector<Bytes>& chain,
                        Answer<std::monostate> answer) {
  const Job job = jobs_.get(number);
  if (job.state != JobState::awaiting_certificate)
    throw Error(Code::invalid_state, fmt::format("job {} waits for no certificate", number));
  (void)profiles_.get(job.profile);  // by one with a mistake nothing can be installed, and the request stays
  jobs_.change(number, [&](Job& changed) {
    changed.certificate = certificate;
    changed.chain = chain;
  });
  install_delivered(number, std::move(answer));
}

}  // namespace edgeseal::agent
