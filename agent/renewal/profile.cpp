#include "agent/renewal/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "agent/certificates/certificate.h"
#include "agent/certificates/certificate_subject.h"
#include "agent/configuration/configuration_files.h"
#include "agent/configuration/configuration_table.h"
#include "agent/renewal/profile_values.h"
#include "agent/renewal/request_template.h"
#include "policy/names.h"

namespace edgeseal::agent {

namespace {

constexpr std::array<std::string_view, 6> protocols = {"est", "cmp", "helper", "self-signed", "local-ca", "external"};
constexpr std::array<std::string_view, 4> first_trusts = {"anchors", "fingerprint", "person", "system"};
constexpr std::array<std::string_view, 1> refusable = {"subject"};
constexpr std::array<std::string_view, 2> credential_names = {"device-identity", "secret"};

// Reads one table after the other; what it finds is judged where it stands, so that messages have the line.
class Reader {
 public:
  Reader(EnrolmentProfile& profile, const ProfileSource& source) : profile_(profile), source_(source) {}

  void read(ConfigurationTable& main) {
    main.section([&] { read_issuer(main); });
    main.read("slots", profile_.slots);
    main.read("automatic", profile_.automatic);
    if (profile_.slots.empty()) main.note("slots", "slots is missing: name one, slots = [\"web/https/https\"]");
    for (const std::string& slot : profile_.slots) main.judge("slots", [&] { require_slot(slot, source_); });
    if (!source_.applications.empty()) look_for_applications(main);
    main.read_table("trust", [&](ConfigurationTable& table) { read_trust(table); });
    main.read_table("credentials", [&](ConfigurationTable& table) { read_credentials(table); });
    main.read_table("request", [&](ConfigurationTable& table) { read_request(table); });
    main.read_table("schedule", [&](ConfigurationTable& table) { read_schedule(table); });
    main.read_table("answer", [&](ConfigurationTable& table) { read_answer(table); });
    main.require_all_known();
    main.section([&] { require_trust(main); });
    main.section([&] { require_discovered_trust(main); });
  }

 private:
  // A slot may also be one of an application that comes over the bus.
  void look_for_applications(const ConfigurationTable& table) const {
    for (const std::string& slot : profile_.slots) {
      const std::string name = slot.substr(0, slot.find('/'));
      if (is_missing(source_.applications / (name + ".toml")))
        table.note("slots",
                   fmt::format("no file declares the application of \"{:.200}\": write applications.d/{:.64}.toml, "
                               "unless it is made over the bus",
                               slot, name),
                   ConfigurationProblem::Kind::warning);
    }
  }

  void read_issuer(ConfigurationTable& table) {
    std::string protocol;
    auto days = static_cast<unsigned>(profile_.lifetime.count());
    table.read("protocol", protocol);
    table.read("url", profile_.url);
    table.read("discover", profile_.discover);
    table.read("discover-domain", profile_.discover_domain);
    table.read("label", profile_.label);
    table.read("proxy", profile_.proxy);
    table.read("helper", profile_.helper);
    table.read("ca", profile_.ca);
    table.read("authority", profile_.is_authority);
    table.read("lifetime-days", days, 1, 36500);
    profile_.lifetime = std::chrono::days(days);
    if (protocol.empty())
      table.refuse("protocol", fmt::format("protocol is missing: one of {}", fmt::join(protocols, ", ")));
    profile_.protocol = table.need("protocol", [&] { return chosen<EnrolmentProtocol>(protocols, protocol); });
    require_issuer(table);
  }

  // Each protocol has the keys that it needs, and none that would be without effect.
  void require_issuer(const ConfigurationTable& table) const {
    const EnrolmentProtocol protocol = profile_.protocol;
    require_address(table);
    require_presence(table, "helper", protocol == EnrolmentProtocol::helper);
    require_presence(table, "ca", protocol == EnrolmentProtocol::local_ca);
    if (profile_.is_authority && protocol != EnrolmentProtocol::self_signed)
      table.note("authority", "authority has a meaning with protocol \"self-signed\" alone: take it out");
    if (protocol != EnrolmentProtocol::self_signed && protocol != EnrolmentProtocol::local_ca)
      require_presence(table, "lifetime-days", false);
    if (table.has("url")) table.judge("url", [&] { require_url(profile_.url, protocol); });
    if (has_server() && !profile_.label.empty()) {
      table.judge("label", [&] { require_label(profile_.label, protocol); });
      table.judge("label", [&] { require_room_for_label(profile_.url); });
    }
    if (!profile_.proxy.empty()) table.judge("proxy", [&] { require_proxy(profile_.proxy); });
    if (!profile_.ca.empty()) table.judge("ca", [&] { require_slot(profile_.ca, source_); });
    if (!profile_.helper.empty()) table.judge("helper", [&] { require_file_name(profile_.helper); });
  }

  [[nodiscard]] bool has_server() const {
    return profile_.protocol == EnrolmentProtocol::est || profile_.protocol == EnrolmentProtocol::cmp;
  }

  // The URL, or how it is found; with both, the URL is used and nothing is looked for. A helper has one or none.
  void require_address(const ConfigurationTable& table) const {
    const bool may_lack_url = profile_.protocol == EnrolmentProtocol::helper || (has_server() && table.has("discover"));
    if (!may_lack_url) require_presence(table, "url", has_server());
    if (!has_server())
      for (const char* key : {"discover", "discover-domain", "label", "proxy"}) require_presence(table, key, false);
    if (table.has("discover")) table.judge("discover", [&] { require_service_type(profile_.discover); });
    if (!table.has("discover-domain") || !has_server()) return;
    if (!table.has("discover")) table.note("discover-domain", "discover-domain has no meaning without discover");
    table.judge("discover-domain", [&] { require_domain(profile_.discover_domain); });
  }

  void require_presence(const ConfigurationTable& table, std::string_view key, bool wanted) const {
    if (table.has(key) == wanted) return;
    const std::string_view protocol = protocol_name(profile_.protocol);
    table.note(key, wanted ? fmt::format("{} is missing: protocol \"{}\" needs it", key, protocol)
                           : fmt::format("{} has no meaning with protocol \"{}\": take it out", key, protocol));
  }

  void read_trust(ConfigurationTable& table) {
    std::vector<std::string> anchors;
    std::string first = "anchors", fingerprint, group;
    table.read("first-contact", first);
    table.read("anchors", anchors);
    table.read("fingerprint", fingerprint);
    table.read("group", group);
    profile_.trust = FirstTrust::person;  // where it is not understood, nothing follows from it
    profile_.trust = table.need("first-contact", [&] { return chosen<FirstTrust>(first_trusts, first); });
    profile_.anchors = table.judge("anchors", [&] { return anchors_of(anchors, source_); });
    if (!fingerprint.empty())
      profile_.fingerprint = table.judge("fingerprint", [&] { return parse_fingerprint(fingerprint); });
    if (!group.empty()) profile_.trust_group = table.judge("group", [&] { return parse_group(group, source_); });
    if ((profile_.trust == FirstTrust::fingerprint) == fingerprint.empty())
      table.note("fingerprint", "fingerprint and first-contact = \"fingerprint\" go together: give both or neither");
    if (profile_.protocol == EnrolmentProtocol::cmp) require_first_contact_by_cmp(table);
    if (profile_.protocol == EnrolmentProtocol::helper && profile_.trust != FirstTrust::anchors)
      table.note("first-contact",
                 "what a helper brings is judged by anchors alone: take first-contact out, and give anchors or group");
  }

  // By what comes along with the first certificate (caPubs): over TLS it would be too late, and without a group lost.
  void require_first_contact_by_cmp(const ConfigurationTable& table) const {
    if (profile_.trust == FirstTrust::person)
      table.note(
          "first-contact",
          "CMP shows nobody a fingerprint before something is issued: give anchors, or group, or first-contact = "
          "\"fingerprint\"");
    if (profile_.trust != FirstTrust::fingerprint) return;
    if (!profile_.url.starts_with("http://"))
      table.note(
          "first-contact",
          "a fingerprint verifies no TLS server of CMP: give anchors, or group, or a url that begins with http://");
    if (!profile_.trust_group)
      table.note("first-contact",
                 "the authority that is found by its fingerprint would be forgotten: give group, whose list keeps it");
  }

  void read_credentials(ConfigurationTable& table) {
    std::vector<std::string> first;
    table.read("first", first);
    table.read("user", profile_.user);
    table.read("realm", profile_.realm);
    table.read("secret", profile_.secret_credential);
    for (const std::string& name : first)
      table.judge("first", [&] { profile_.credentials.push_back(parse_credential(name)); });
    if (!profile_.user.empty()) table.judge("user", [&] { require_template(profile_.user); });
    if (!profile_.secret_credential.empty())
      table.judge("secret", [&] { require_file_name(profile_.secret_credential); });
    if (profile_.protocol != EnrolmentProtocol::est) require_presence(table, "realm", false);
    if (std::ranges::find(profile_.credentials, Credential::secret) != profile_.credentials.end()) return;
    for (const char* key : {"secret", "realm"})
      if (table.has(key))
        table.note(key, fmt::format("{} is never used: add \"secret\" to first, or take it out", key));
  }

  static Credential parse_credential(const std::string& name) {
    return chosen<int>(credential_names, name) == 0 ? Credential::device_identity : Credential::secret;
  }

  void read_request(ConfigurationTable& table) {
    bool same_key = false;
    table.read("subject", profile_.subject);
    table.read("dns-names", profile_.dns_names);
    table.read("ip-addresses", profile_.ip_addresses);
    table.read("same-key", same_key);
    profile_.key = same_key ? KeyRenewal::same_key : KeyRenewal::new_key;
    table.judge("subject", [&] { require_template(profile_.subject); });
    for (const std::string& name : profile_.dns_names) table.judge("dns-names", [&] { require_dns_name(name); });
    for (const std::string& address : profile_.ip_addresses)
      table.judge("ip-addresses", [&] { (void)extensions_of({.ip_addresses = {address}}); });
  }

  // What stands for something of the device is judged when that is known.
  static void require_dns_name(const std::string& name) {
    require_template(name);
    if (name.find('{') == std::string::npos) (void)extensions_of({.dns_names = {name}});
  }

  void read_schedule(ConfigurationTable& table) {
    using std::chrono::duration_cast;
    RenewalPolicy& policy = profile_.schedule;
    unsigned percent = 0;
    auto days = static_cast<unsigned>(duration_cast<std::chrono::days>(policy.before_end).count());
    auto minutes = static_cast<unsigned>(duration_cast<std::chrono::minutes>(policy.spread).count());
    auto hours = static_cast<unsigned>(duration_cast<std::chrono::hours>(profile_.give_up_after).count());
    table.read("renew-at-percent", percent, 10, 95);
    if (percent > 0) policy.fraction = percent / 100.0;
    table.read("renew-days-before", days, 0, 3650);
    table.read("spread-minutes", minutes, 0, 30 * 24 * 60);
    table.read("give-up-hours", hours, 1, 90 * 24);
    policy.before_end = std::chrono::days(days);
    policy.spread = std::chrono::minutes(minutes);
    profile_.give_up_after = std::chrono::hours(hours);
  }

  void read_answer(ConfigurationTable& table) {
    table.read("refuse", profile_.refuse);
    table.read("stop-at-bad-attributes", profile_.stop_at_bad_attributes);
    for (const std::string& name : profile_.refuse) table.judge("refuse", [&] { return chosen<int>(refusable, name); });
  }

  void require_trust(const ConfigurationTable& main) const {
    if (!needs_network(profile_.protocol)) return;
    if (profile_.trust != FirstTrust::anchors || !profile_.anchors.empty() || profile_.trust_group) return;
    main.refuse("trust", fmt::format("nothing says which authority is the right one: in [trust] give anchors{}",
                                     profile_.protocol == EnrolmentProtocol::est
                                         ? ", group or fingerprint, or first-contact = \"person\" or \"system\""
                                         : " or group"));
  }

  // Who announces a server chooses its name, and for a name of one's own any authority of the system gives a
  // certificate.
  void require_discovered_trust(const ConfigurationTable& main) const {
    if (!profile_.url.empty() || profile_.discover.empty() || profile_.trust != FirstTrust::system) return;
    main.refuse("trust",
                "with first-contact = \"system\" anybody in the network could announce a server with a certificate of "
                "his own name: give url, or in [trust] anchors, group or fingerprint, or first-contact = \"person\"");
  }

  EnrolmentProfile& profile_;
  const ProfileSource& source_;
};

ProfileFile load_profile(const std::string& path) {
  ConfigurationProblems problems;
  ProfileFile file{std::filesystem::path(path).stem(), read_profile(path, ProfileSource::file, problems), {}};
  try {
    problems.require_no_errors();
  } catch (const Error& error) {
    file = {file.name, {}, error.what()};
  }
  return file;
}

Bytes digest_of(const std::string& text, const std::vector<Bytes>& anchors) {
  std::string whole = text;
  for (const Bytes& anchor : anchors) whole += jose::text_of(anchor);
  return sha256_bytes(jose::bytes_of(whole));
}

EnrolmentProfile parse(const std::string& name, const std::string& origin, const std::string& text,
                       const ProfileSource& source, ConfigurationProblems& problems) {
  const toml::table file = parse_toml(origin, text, problems);
  EnrolmentProfile profile;
  profile.name = name;
  profile.origin = origin;
  if (problems.has_errors()) return profile;
  ConfigurationTable main(origin, file, problems);
  Reader(profile, source).read(main);
  profile.digest = digest_of(text, profile.anchors);
  return profile;
}

}  // namespace

std::string_view protocol_name(EnrolmentProtocol protocol) {
  return protocols.at(static_cast<std::size_t>(protocol));
}

std::string_view first_trust_name(FirstTrust trust) {
  return first_trusts.at(static_cast<std::size_t>(trust));
}

std::string EnrolmentProfile::authority() const {
  if (url.empty() && !discover.empty()) return fmt::format("{}.{}", discover, discover_domain);
  if (protocol == EnrolmentProtocol::helper) return fmt::format("helper {} {}", helper, url);
  if (url.empty()) return fmt::format("{} {}", protocol_name(protocol), name);
  const auto begin = url.find("//");
  return url.substr(0, url.find('/', begin == std::string::npos ? 0 : begin + 2));
}

EnrolmentProfile parse_profile(const std::string& name, const std::string& origin, const std::string& text,
                               const ProfileSource& source) {
  if (text.size() > max_profile_size)
    throw Error(Code::request_too_large, fmt::format("{}: a profile has at most {} bytes", origin, max_profile_size));
  ConfigurationProblems problems;
  EnrolmentProfile profile = parse(name, origin, text, source, problems);
  problems.require_no_errors();
  return profile;
}

EnrolmentProfile read_profile(const std::string& path, const ProfileSource& source, ConfigurationProblems& problems) {
  const std::string name = std::filesystem::path(path).stem();
  ConfigurationProblems found;
  EnrolmentProfile profile;
  try {
    profile = parse(name, path, read_configuration_file(path, source.root), source, found);
  } catch (const Error& error) {
    found.add({path, 0, error.what()});
  }
  problems.add_file(found);
  return profile;
}

std::vector<std::string> profile_paths(const std::string& directory, const std::string& image) {
  std::vector<std::string> paths = configuration_files(directory, image);
  if (paths.size() > max_profiles)
    throw Error(Code::invalid_argument, fmt::format("{}: more than {} profiles", directory, max_profiles));
  return paths;
}

std::vector<ProfileFile> load_profiles(const std::string& directory) {
  std::vector<ProfileFile> files;
  for (const std::string& path : profile_paths(directory)) files.push_back(load_profile(path));
  return files;
}

}  // namespace edgeseal::agent
