// edgesealctl bundle open: what a bundle holds, for who made it. Needs no agent.

#include "dbus/ctl/bundle_code.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/pem.h"
#include "dbus/ctl/timestamp.h"
#include "jose/bundle/bundle.h"
#include "jose/bundle/code.h"
#include "jose/error.h"
#include "jose/jwe.h"

namespace edgeseal::ctl {
namespace {

struct Wanted {
  std::string file, code_file;
};

Der der_of(const jose::Bytes& bytes) {
  const auto* octets = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return {octets, octets + bytes.size()};
}

std::string not_after_of(const jose::Bundle& bundle) {
  const auto since = std::chrono::duration_cast<std::chrono::microseconds>(bundle.not_after.time_since_epoch());
  return timestamp_text(static_cast<std::uint64_t>(since.count()));
}

// Secrets are not shown: whoever needs them has the bundle.
nlohmann::json to_json(const jose::Bundle& bundle) {
  nlohmann::json shown{{"device", bundle.device.value_or("")},
                       {"not-after", not_after_of(bundle)},
                       {"jti", bundle.identifier},
                       {"url", bundle.url},
                       {"port", bundle.port},
                       {"ca", nlohmann::json::array()},
                       {"certificate", ""},
                       {"has-key", !bundle.private_key.empty()},
                       {"has-one-time-secret", !bundle.one_time_secret.empty()}};
  for (const auto& anchor : bundle.anchors) {
    const CertificateFacts facts = facts_of(der_of(anchor));
    shown["ca"].push_back({{"subject", facts.subject}, {"sha256", facts.fingerprint}});
  }
  if (!bundle.certificate.empty()) shown["certificate"] = facts_of(der_of(bundle.certificate.front())).subject;
  return shown;
}

void show(const jose::Bundle& bundle, const Output& output) {
  Table table;
  table.add({"Device", bundle.device.value_or("any")});
  table.add({"Not after", not_after_of(bundle)});
  table.add({"Identifier", bundle.identifier});
  table.add({"Server", bundle.url + ", port " + std::to_string(bundle.port)});
  for (const auto& anchor : bundle.anchors) {
    const CertificateFacts facts = facts_of(der_of(anchor));
    table.add({"CA", facts.subject});
    table.add({"", "SHA-256 " + facts.fingerprint});
  }
  if (!bundle.certificate.empty())
    table.add({"Certificate", facts_of(der_of(bundle.certificate.front())).subject + ", with its private key"},
              Colour::Warning);
  if (!bundle.one_time_secret.empty()) table.add({"One-time secret", "there is one"});
  output.print(table);
}

jose::Bundle opened(const Wanted& wanted) {
  std::string compact = read_file(wanted.file, jose::max_jwe_size + 1);
  if (compact.ends_with('\n')) compact.pop_back();
  const jose::Jwe jwe(compact, jose::bundle_type);
  const SecretFile code = read_code(wanted.code_file);
  warn_of_short_code(code.content(), jwe.iterations());
  return jose::parse_bundle(jwe.open(jose::split_code(code.content()).password));
}

}  // namespace

void add_bundle_open(CLI::App& parent, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = parent.add_subcommand("open", "Show what a bundle holds, without an agent");
  command->add_option("FILE", wanted->file, "The bundle; - is the standard input")->required();
  command->add_option("--code-file", wanted->code_file, "File with the code. Default: it is asked for")
      ->type_name("FILE");
  command->footer("Example:\n  edgesealctl bundle open device-4711.jwe");
  command->callback([wanted, &session] {
    try {
      const jose::Bundle bundle = opened(*wanted);
      session.output.json() ? session.output.print_json(to_json(bundle)) : show(bundle, session.output);
    } catch (const jose::Error& error) {
      throw Failure(ExitCode::Refused, wanted->file + ": " + error.what());
    }
  });
}

}  // namespace edgeseal::ctl
