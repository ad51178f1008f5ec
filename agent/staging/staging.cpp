#include "agent/staging/staging.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/by_itself.h"
#include "agent/certificates/certificate.h"
#include "agent/device/device_names.h"
#include "agent/group_name.h"
#include "agent/keys/public_key.h"
#include "agent/staging/clear_key.h"

// What is brought, up to where it is kept. staging_activation.cpp has the rest.
namespace edgeseal::agent {

namespace {

constexpr std::size_t max_kept = max_staged_entries;

std::string fingerprint(const Bytes& certificate) {
  return hexadecimal(sha256(certificate));
}

std::string subject_or_unreadable(const Bytes& der) {
  return is_certificate(der) ? subject_of(*parse_certificate(der)) : "(unreadable)";
}

// Empty where libcrypto knows none, or none that it can write.
Bytes public_key_of(const Bytes& der) {
  if (!is_certificate(der)) return {};
  return encoded_public_key(X509_get0_pubkey(parse_certificate(der).get())).value_or(Bytes());
}

std::string complaint(const Bytes& der, const std::vector<std::string>& reasons) {
  return fmt::format("{:.200} (SHA-256 {}): {}", subject_or_unreadable(der), fingerprint(der),
                     fmt::join(reasons, "; "));
}

}  // namespace

struct Staging::Arrival {
  StagedDelivery delivery;
  StagedFile file;
  Answer<std::vector<std::string>> answer;
  std::vector<StagedVerdict> verdicts{};  // of file.certificates
  std::optional<std::size_t> own{};       // which of them comes with a key that is kept, the only one of the file
  std::optional<Slot> slot{};             // of its key
};

Staging::Staging(const Services& services, Settings settings, World world)
    : services_(services),
      settings_(std::move(settings)),
      world_(std::move(world)),
      record_(services.state, services.seal, staged_trust_record) {}

void Staging::stage(const StagedDelivery& delivery, SecretBytes content, Answer<std::vector<std::string>> answer) {
  admit(delivery);
  const auto arrival =
      std::make_shared<Arrival>(Arrival{delivery, parse_staged_file(std::move(content)), std::move(answer)});
  services_.seal.prepare([this, arrival](std::variant<std::monostate, Error> opened) {
    try {
      if (const auto* error = std::get_if<Error>(&opened)) throw *error;
      read(*arrival);
      if (arrival->own) return import_key(arrival);
      take(*arrival);
      arrival->answer(std::move(arrival->file.warnings));
    } catch (const Error& error) {
      refuse(*arrival, error);
    }
  });
}

void Staging::admit(const StagedDelivery& delivery) {
  if (std::ranges::find(ways, delivery.source.way) == ways.end())
    throw Error(Code::invalid_argument, fmt::format("\"{:.32}\" is no way in which files are brought; there are {}",
                                                    delivery.source.way, fmt::join(ways, ", ")));
  if (delivery.source.way != command) services_.setup.require_open();
  require_group(delivery.group);
}

// That of the device is made when something is staged for it.
void Staging::require_group(const dbus::GroupName& group) {
  if (group.application == device_application_name && group.group == provisioning_group) return;
  const auto groups = group_names(services_.applications.get(group.application));
  if (std::ranges::find(groups, group.group) == groups.end())
    throw Error(Code::not_found, fmt::format("application {} has no group \"{:.64}\"", group.application, group.group));
}

void Staging::make_application(const dbus::GroupName& group) {
  if (group.application == device_application_name) (void)services_.device.ensure();
}

void Staging::require_room_for(const StagedDelivery& delivery) {
  if (!set()) return;
  if (activating_ || set_->phase == StagedPhase::verifying)
    throw Error(Code::invalid_state,
                "what was staged before is being verified: report the contact, or discard it, and stage the file then");
  if (set_->group.application != delivery.group.application || set_->group.group != delivery.group.group)
    throw Error(Code::invalid_state,
                fmt::format("something is staged for {}: activate or discard it first", name_of(set_->group)));
}

// --- judgement

TrustStore Staging::known_to(const dbus::GroupName& group, const std::vector<Bytes>& others) {
  TrustList list = services_.lists.record(group).list;
  list.trusted_crls.clear();
  list.issuer_crls.clear();
  std::ranges::copy_if(others, std::back_inserter(list.issuer_certificates), is_certificate);
  if (set_)
    for (const StagedEntry& entry : set_->entries)
      if (!entry.certificate.empty()) list.issuer_certificates.push_back(entry.certificate);
  return TrustStore(std::move(list));
}

StagedJudge Staging::judge() const {
  const TimeOfDay now = world_.now();
  return {settings_.strength, now.time, now.synchronised};
}

void Staging::read(Arrival& arrival) {
  load();
  settle();
  require_room_for(arrival.delivery);
  const TrustStore known = known_to(arrival.delivery.group, arrival.file.certificates);
  for (const Bytes& certificate : arrival.file.certificates)
    arrival.verdicts.push_back(judge_staged(certificate, known, judge()));
  judge_keys(arrival);
  judge_urls(arrival);
  std::vector<std::string> complaints;
  for (std::size_t i = 0; i < arrival.verdicts.size(); ++i)
    if (!arrival.verdicts[i].reasons.empty())
      complaints.push_back(complaint(arrival.file.certificates[i], arrival.verdicts[i].reasons));
  if (!complaints.empty())
    throw Error(Code::certificate_policy_check_failed,
                fmt::format("nothing of the file is staged: {}", fmt::join(complaints, "; ")));
}

// A key that was in the clear on the way is worth nothing as proof of who a server is.
void Staging::judge_keys(Arrival& arrival) {
  for (const SecretBytes& key : arrival.file.private_keys) {
    const auto public_key = public_key_of_clear_key(key.view());
    const auto found = std::ranges::find_if(arrival.file.certificates, [&](const Bytes& certificate) {
      return public_key && public_key_of(certificate) == *public_key;
    });
    const bool belongs = found != arrival.file.certificates.end();
    const auto index = static_cast<std::size_t>(found - arrival.file.certificates.begin());
    if (belongs && settings_.allow_inline_key && !arrival.own) {
      arrival.own = index;
      arrival.verdicts[index] = judge_own(*found, judge());
      continue;
    }
    tell(Level::warning, "staged-key-refused",
         "a private key lay in the clear in a staged file; it is not kept, and should not be used any more",
         {{"way", arrival.delivery.source.way}, {"origin", arrival.delivery.source.origin}});
    if (belongs)
      arrival.verdicts[index].reasons.emplace_back("its private key lies in the clear in the file");
    else
      arrival.file.warnings.emplace_back(
          "a private key in the clear, which fits no certificate of the file, is dropped");
  }
  if (!arrival.own) arrival.file.private_keys.clear();
}

void Staging::judge_urls(Arrival& arrival) {
  const UrlRules rules = url_rules();
  for (const std::string& url : arrival.file.urls) require_allowed(url, rules);
}

UrlRules Staging::url_rules() const {
  return {services_.setup.state() == SetupState::setup_open, settings_.http_hosts};
}

void Staging::refuse(const Arrival& arrival, const Error& error) {
  tell(Level::warning, "staged-trust-refused", fmt::format("a staged file is refused: {}", error.what()),
       {{"way", arrival.delivery.source.way},
        {"origin", arrival.delivery.source.origin},
        {"group", name_of(arrival.delivery.group)},
        {"error", std::string(bus_name(error.code()))}});
  arrival.answer(error);
}

// --- a private key by policy

// It becomes the pending key of the slot that it fits, wrapped by the TPM: nothing else of it is stored.
void Staging::import_key(const ArrivalPtr& arrival) {
  const Bytes& certificate = arrival->file.certificates[*arrival->own];
  const Bytes public_key = public_key_of(certificate);
  const auto algorithm = algorithm_of(*parse_public_key(public_key));
  const std::string& application = arrival->delivery.group.application;
  make_application(arrival->delivery.group);
  for (const SlotDeclaration& declaration : services_.applications.get(application).slots) {
    const Slot slot{application, declaration.group, declaration.certificate_type};
    if (algorithm && takes(slot, *algorithm, RsaUse::any)) {
      arrival->slot = slot;
      break;
    }
  }
  if (!arrival->slot)
    throw Error(Code::not_supported,
                fmt::format("application {} has no slot for the private key that is in the file", application));
  const auto belongs = [&](const SecretBytes& key) { return public_key_of_clear_key(key.view()) == public_key; };
  auto key = std::ranges::find_if(arrival->file.private_keys, belongs);
  OutsideKey outside{"DER", std::move(*key), {}, {}, public_key};
  arrival->file.private_keys.clear();
  services_.groups.import_key(
      {staged_trust_record}, {application, arrival->slot->group}, arrival->slot->certificate_type, std::move(outside),
      [this, arrival](const std::variant<Bytes, Error>& imported) { key_imported(arrival, imported); });
}

void Staging::key_imported(const ArrivalPtr& arrival, const std::variant<Bytes, Error>& imported) {
  if (const auto* error = std::get_if<Error>(&imported)) return refuse(*arrival, *error);
  try {
    take(*arrival);
    tell(Level::warning, "staged-key-imported",
         fmt::format("a private key that lay in the clear in a staged file is the pending key of {}; it counts as "
                     "exposed",
                     arrival->slot->key_name()),
         {{"key", arrival->slot->key_name()}});
    arrival->answer(std::move(arrival->file.warnings));
  } catch (const Error& error) {
    by_itself("the removal of the key of a refused file", [&] { remove_imported(*arrival); });
    refuse(*arrival, error);
  }
}

// The same key may have come with a file that was taken.
void Staging::remove_imported(const Arrival& arrival) {
  const Bytes public_key = public_key_of(arrival.file.certificates[*arrival.own]);
  const auto has_key = [&](const StagedEntry& entry) {
    return entry.slot == *arrival.slot && public_key_of(entry.certificate) == public_key;
  };
  if (set_ && std::ranges::any_of(set_->entries, has_key)) return;
  const auto key = services_.state.key(*arrival.slot, KeyStatus::pending);
  if (key && key->public_key == public_key) services_.state.remove_pending_key(key->id);
}

// --- what is kept

bool Staging::is_known(const dbus::GroupName& group, const Bytes& certificate) {
  const TrustList& list = services_.lists.record(group).list;
  const auto in = [&](const std::vector<Bytes>& all) { return std::ranges::find(all, certificate) != all.end(); };
  const bool staged =
      is_staged() && std::ranges::find(set_->entries, certificate, &StagedEntry::certificate) != set_->entries.end();
  return staged || in(list.trusted_certificates) || in(list.issuer_certificates);
}

std::vector<StagedEntry> Staging::new_entries(const Arrival& arrival) {
  const auto now = world_.now().time;
  const dbus::GroupName& group = arrival.delivery.group;
  std::vector<StagedEntry> entries;
  for (std::size_t i = 0; i < arrival.file.certificates.size(); ++i) {
    const Bytes& certificate = arrival.file.certificates[i];
    if (is_known(group, certificate)) continue;
    const StagedVerdict& verdict = arrival.verdicts[i];
    entries.push_back(
        {"", certificate, std::string(role_name(verdict.role)), verdict.notes, "", arrival.delivery.source, now});
    if (arrival.own == i) entries.back().slot = *arrival.slot;
  }
  for (const std::string& url : arrival.file.urls)
    if (!is_staged() || std::ranges::find(set_->entries, url, &StagedEntry::url) == set_->entries.end())
      entries.push_back({url, {}, "", {}, "", arrival.delivery.source, now});
  return entries;
}

// Something else may have been staged while a key was imported. A file that was there before changes nothing, and
// nobody hears of it.
void Staging::take(const Arrival& arrival) {
  require_room_for(arrival.delivery);
  const std::vector<StagedEntry> entries = new_entries(arrival);
  if (entries.empty()) return;
  StagedSet next = is_staged() ? *set_ : StagedSet{arrival.delivery.group, StagedPhase::staged, false, {}, ""};
  next.entries.insert(next.entries.end(), entries.begin(), entries.end());
  if (next.entries.size() > max_kept)
    throw Error(
        Code::request_too_large,
        fmt::format("more than {} certificates and URLs would be staged; activate or discard them first", max_kept));
  make_application(arrival.delivery.group);
  next.problem.clear();  // of an activation without these
  next.needs_setup = next.needs_setup || arrival.delivery.source.way != command;
  keep(std::move(next));
  starts_by_itself_ = false;
  tell_staged(arrival.delivery, entries);
}

void Staging::tell_staged(const StagedDelivery& delivery, const std::vector<StagedEntry>& entries) const {
  std::vector<std::string> fingerprints, urls;
  for (const StagedEntry& entry : entries)
    entry.certificate.empty() ? urls.push_back(entry.url) : fingerprints.push_back(fingerprint(entry.certificate));
  tell(Level::notice, "trust-staged",
       fmt::format("{} entries are staged for {}, by {} {:.256}", entries.size(), name_of(delivery.group),
                   delivery.source.way, delivery.source.origin),
       {{"way", delivery.source.way},
        {"origin", delivery.source.origin},
        {"caller-uid", std::to_string(delivery.source.uid)},
        {"sha256", fmt::format("{}", fmt::join(fingerprints, " "))},
        {"urls", fmt::format("{}", fmt::join(urls, " "))}});
}

// --- downloads

std::size_t Staging::wanted(const std::string& url) {
  load();
  const auto is_open = [&](const StagedEntry& entry) { return entry.url == url && entry.certificate.empty(); };
  const auto found = set_ ? std::ranges::find_if(set_->entries, is_open) : std::vector<StagedEntry>::iterator{};
  if (!set_ || found == set_->entries.end())
    throw Error(Code::not_found, fmt::format("nothing is to be fetched from \"{:.200}\"", url));
  return static_cast<std::size_t>(found - set_->entries.begin());
}

void Staging::fail_download(const std::string& url, const std::string& reason) {
  keep_problem(wanted(url), reason);
}

void Staging::deliver(const std::string& url, ByteView content) {
  const std::size_t entry = wanted(url);
  const StagedSource source = set_->entries[entry].source;
  std::vector<StagedEntry> fetched;
  try {
    fetched = judge_download(set_->entries[entry], content);
  } catch (const Error& error) {
    refuse_download(entry, error);
    throw;
  }
  StagedSet next = *set_;
  next.entries[entry] = fetched.front();
  next.entries.insert(next.entries.end(), fetched.begin() + 1, fetched.end());
  keep(std::move(next));
  tell_staged({set_->group, {source.way, url, source.uid}}, fetched);
  look();
}

std::vector<StagedEntry> Staging::judge_download(const StagedEntry& entry, ByteView content) {
  const StagedFile file = parse_downloaded_certificates(content);
  if (!file.private_keys.empty())
    throw Error(Code::certificate_policy_check_failed, "a private key was downloaded along with the certificate");
  if (file.certificates.size() + set_->entries.size() - 1 > max_kept)
    throw Error(Code::request_too_large, fmt::format("more than {} certificates and URLs would be staged", max_kept));
  const TrustStore known = known_to(set_->group, file.certificates);
  std::vector<StagedEntry> fetched;
  for (const Bytes& certificate : file.certificates) {
    const StagedVerdict verdict = judge_staged(certificate, known, judge());
    if (!verdict.reasons.empty())
      throw Error(Code::certificate_policy_check_failed, complaint(certificate, verdict.reasons));
    fetched.push_back({entry.url, certificate, std::string(role_name(verdict.role)), verdict.notes, "", entry.source,
                       world_.now().time});
  }
  return fetched;
}

void Staging::refuse_download(std::size_t entry, const Error& error) {
  if (!keep_problem(entry, error.what())) return;
  const std::string& url = set_->entries[entry].url;
  tell(Level::warning, "staged-trust-refused", fmt::format("what {:.200} led to is refused: {}", url, error.what()),
       {{"url", url}, {"group", name_of(set_->group)}, {"error", std::string(bus_name(error.code()))}});
}

// Whether it is a new one: what is known already is not written again, however often it is tried.
bool Staging::keep_problem(std::size_t entry, const std::string& problem) {
  if (set_->entries[entry].problem == problem) return false;
  StagedSet next = *set_;
  next.entries[entry].problem = problem;
  keep(std::move(next));
  return true;
}

// --- the record

void Staging::load() {
  if (loaded_) return;
  if (const auto bytes = record_.read()) set_ = decode_staged_set(*bytes);
  loaded_ = true;
  starts_by_itself_ = set_.has_value();
}

const std::optional<StagedSet>& Staging::set() {
  if (!loaded_ && !record_.exists() && !services_.seal.is_open()) return set_;  // there is none
  load();
  return set_;
}

void Staging::write(const std::optional<StagedSet>& next) {
  if (next)
    record_.write(encode(*next));
  else
    record_.remove();
}

// Nothing is so before the disk has it: the next try has to find what there was.
void Staging::keep(std::optional<StagedSet> next) {
  write(next);
  set_ = std::move(next);
  if (world_.changed) world_.changed();
}

// Of what has happened already, whether the disk takes it or not.
void Staging::accept(std::optional<StagedSet> next) {
  set_ = std::move(next);
  by_itself("the record of staged trust", [this] { write(set_); });
  if (world_.changed) world_.changed();
}

void Staging::tell(Level level, AuditKind kind, const std::string& message, Audit::Fields fields) const {
  services_.audit.record(level, kind, message, fields);
}

}  // namespace edgeseal::agent
