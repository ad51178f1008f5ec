#include <numeric>

#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/hexadecimal.h"
#include "dbus/ctl/output_file.h"
#include "dbus/ctl/pcrs.h"
#include "dbus/ctl/pem.h"

namespace edgeseal::ctl {
namespace {

// Where the values of a command come from; later ones win: those of now, a file, single ones.
struct Sources {
  std::string pcrs;
  std::string file;
  std::vector<std::string> single;
};

void add_sources(CLI::App& command, Sources& sources) {
  command.add_option("--pcr", sources.pcrs, "Take the values that these PCRs have now: N+N");
  command.add_option("--values", sources.file, "File as \"pcr show --json\" prints it; - is the standard input")
      ->type_name("FILE");
  command.add_option("--value", sources.single, "N=HEX; repeatable")->allow_extra_args(false);
}

PcrValues read_pcrs(Session& session, const std::vector<std::uint32_t>& pcrs) {
  PcrValues values;
  session.agent.with_agent([&](dbus::RemoteAgent& agent) { values = agent.GetPcrs(pcrs); });
  return values;
}

PcrValues values_of(const Sources& sources, Session& session) {
  PcrValues values;
  for (const auto& text : sources.single) values.merge(parse_pcr_value(text));
  if (!sources.file.empty()) values.merge(parse_pcr_json(read_file(sources.file), sources.file));
  if (!sources.pcrs.empty()) values.merge(read_pcrs(session, parse_pcrs(sources.pcrs)));
  if (!values.empty()) return values;
  throw Failure(ExitCode::Usage, "there are no values of PCRs", "give --values FILE, --value N=HEX or --pcr N+N");
}

void show(Session& session, const std::string& wanted) {
  std::vector<std::uint32_t> pcrs(24);
  std::iota(pcrs.begin(), pcrs.end(), 0);
  if (!wanted.empty()) pcrs = parse_pcrs(wanted);
  const auto values = read_pcrs(session, pcrs);
  if (session.output.json()) return session.output.print_json(to_json(values));
  Table table({"PCR", "SHA-256"});
  for (const auto& [pcr, value] : values) table.add({std::to_string(pcr), to_hex(value)});
  session.output.print(table);
}

void request(Session& session, const Sources& sources, const OutputFile& out) {
  out.check();
  const auto values = values_of(sources, session);
  Der digest;
  Der policy;
  session.agent.with_agent(
      [&](dbus::RemoteAgent& agent) { std::tie(digest, policy) = agent.PreparePcrApproval(values); });
  if (out.given()) out.write({policy.begin(), policy.end()});
  if (session.output.json()) {
    return session.output.print_json(
        nlohmann::json{{"values", to_json(values)}, {"pcr-digest", to_hex(digest)}, {"policy", to_hex(policy)}});
  }
  Table table;
  table.add({"PCR digest", to_hex(digest)});
  table.add({"Policy", to_hex(policy)});
  session.output.print(table);
}

// The agent reads it later, and judges it then: `config check`.
void declare(Session& session, const PcrValues& values, const std::string& signature, const OutputFile& out) {
  const auto text = to_toml(values, signature);
  if (!out.given() && session.output.json()) return session.output.print_json(nlohmann::json{{"declaration", text}});
  if (!out.given()) return session.output.print(text);
  out.write(text);
  if (session.output.json()) return session.output.print_json(nlohmann::json{{"declared", to_json(values)}});
  session.output.print("Written: " + out.path +
                       ". In /etc/edgeseal/pcr-approvals.d it counts from edgesealctl config apply on.\n");
}

void approve(Session& session, const Sources& sources, const std::string& signature_file, const OutputFile& out) {
  out.check();
  const auto signature = read_file(signature_file);
  const auto values = values_of(sources, session);
  if (!out.path.empty()) return declare(session, values, signature, out);
  session.agent.with_agent(
      [&](dbus::RemoteAgent& agent) { agent.AddPcrApproval(values, Der(signature.begin(), signature.end())); });
  if (session.output.json()) return session.output.print_json(nlohmann::json{{"approved", to_json(values)}});
  session.output.print("Approved: keys with a PCR policy can be used while the PCRs have these values.\n");
}

void reseal(Session& session, const Sources& sources) {
  const auto values = values_of(sources, session);
  std::uint32_t count = 0;
  session.agent.with_agent([&](dbus::RemoteAgent& agent) { count = agent.ResealKeys(values); });
  if (session.output.json()) return session.output.print_json(nlohmann::json{{"resealed", count}});
  session.output.print("Resealed " + std::to_string(count) + (count == 1 ? " key" : " keys") +
                       ", for these values besides those of now.\n");
}

void add_show(CLI::App& parent, Session& session) {
  auto pcrs = std::make_shared<std::string>();
  auto* command = parent.add_subcommand("show", "Show the values of the PCRs (SHA-256 bank)");
  command->add_option("--pcr", *pcrs, "Only these: N+N");
  command->footer("Example:\n  edgesealctl pcr show --pcr 0+7 --json > values.json");
  command->callback([pcrs, &session] { show(session, *pcrs); });
}

void add_request(CLI::App& parent, Session& session) {
  auto sources = std::make_shared<Sources>();
  auto out = std::make_shared<OutputFile>();
  auto* command = parent.add_subcommand("approval-request", "Show what the authority has to sign for values of PCRs");
  add_sources(*command, *sources);
  add_output_file(*command, *out, "File for the policy, which is what is signed");
  command->footer(
      "Example:\n  edgesealctl pcr approval-request --values values.json --out policy.bin\n"
      "  openssl dgst -sha256 -sign authority.key -out policy.sig policy.bin");
  command->callback([=, &session] { request(session, *sources, *out); });
}

void add_approve(CLI::App& parent, Session& session) {
  auto sources = std::make_shared<Sources>();
  auto signature = std::make_shared<std::string>();
  auto out = std::make_shared<OutputFile>();
  auto* command = parent.add_subcommand("approve", "Hand in what the authority has signed");
  add_sources(*command, *sources);
  command->add_option("--signature", *signature, "File with the signature: RSA PKCS#1 v1.5, or ECDSA as DER")
      ->type_name("FILE")
      ->required();
  add_output_file(*command, *out, "Hand nothing in: write the file that declares it, for pcr-approvals.d");
  command->footer("Example:\n  edgesealctl pcr approve --values values.json --signature policy.sig");
  command->callback([=, &session] { approve(session, *sources, *signature, *out); });
}

void add_reseal(CLI::App& parent, Session& session) {
  auto sources = std::make_shared<Sources>();
  auto* command = parent.add_subcommand("reseal", "Seal the sealed keys for the values that an update will bring, too");
  add_sources(*command, *sources);
  command->footer("Example:\n  edgesealctl pcr reseal --values after-the-update.json");
  command->callback([=, &session] { reseal(session, *sources); });
}

}  // namespace

void add_pcr(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("pcr", "See PCRs, and say in which states of the machine keys may be used");
  command->require_subcommand(1);
  add_show(*command, session);
  add_request(*command, session);
  add_approve(*command, session);
  add_reseal(*command, session);
}

}  // namespace edgeseal::ctl
