// edgesealctl stage: first trust that comes as a file.

#include <unistd.h>

#include <algorithm>

#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/pem.h"
#include "dbus/ctl/secret_file.h"
#include "dbus/ctl/staged_files.h"
#include "dbus/ctl/timestamp.h"
#include "dbus/ctl/tpm_wait.h"
#include "dbus/ctl/variant_map.h"
#include "dbus/printable_text.h"

namespace edgeseal::ctl {
namespace {

constexpr size_t kMostFileBytes = 256 * 1024, kMostOriginBytes = 256, kMostReasonBytes = 512;
constexpr const char* kFolder = "/var/lib/edgeseal-drop";
constexpr const char* kOnMedium = "edgeseal";

struct Wanted {
  std::string file;
  std::string group;
  std::string origin;
  std::string source;
  std::string drop, medium;  // directories
  bool activate = false;
};

struct Contact {
  std::string file;
  std::string host;
  std::string failure;
};

std::vector<std::string> stage_file(const std::string& file, const Wanted& wanted, Session& session) {
  const SecretFile content = SecretFile::read(file, kMostFileBytes);
  const std::string origin = dbus::made_printable(wanted.origin.empty() ? file : wanted.origin, kMostOriginBytes);
  VariantMap options{{"origin", sdbus::Variant(origin)}};
  put(options, "group", wanted.group);
  put(options, "source", wanted.source);
  std::vector<std::string> warnings;
  session.agent.with_staging(
      [&](dbus::RemoteStaging& staging) { warnings = staging.StageFile(content.descriptor(), options); });
  return warnings;
}

void activate(Session& session) {
  session.agent.with_staging([](dbus::RemoteStaging& staging) { staging.Activate(); });
}

// --- what there is

struct State {
  std::string name, group, problem;
  std::vector<VariantMap> items;
};

State state_of(Session& session) {
  State state;
  session.agent.with_staging([&](dbus::RemoteStaging& staging) {
    state = {staging.State(), staging.Group(), staging.Problem(), staging.Staged()};
  });
  return state;
}

nlohmann::json to_json(const VariantMap& item) {
  const auto certificate = field<std::vector<uint8_t>>(item, "certificate");
  nlohmann::json value = {{"sha256", field<std::string>(item, "sha256")},
                          {"role", field<std::string>(item, "role")},
                          {"url", field<std::string>(item, "url")},
                          {"notes", field<std::vector<std::string>>(item, "notes")},
                          {"problem", field<std::string>(item, "problem")},
                          {"source", field<std::string>(item, "source")},
                          {"origin", field<std::string>(item, "origin")},
                          {"uid", field<uint32_t>(item, "uid")},
                          {"staged-at", time_json(field<uint64_t>(item, "staged-at"))},
                          {"key", field<std::string>(item, "key")}};
  if (!certificate.empty()) value["subject"] = facts_of(certificate).subject;
  return value;
}

nlohmann::json to_json(const State& state) {
  return {{"state", state.name},
          {"group", state.group},
          {"problem", state.problem},
          {"staged", json_list(state.items, to_json)}};
}

void add_row(Table& table, const VariantMap& item) {
  const auto certificate = field<std::vector<uint8_t>>(item, "certificate");
  const std::string from = field<std::string>(item, "source") + " " + field<std::string>(item, "origin");
  if (certificate.empty()) {
    const auto problem = field<std::string>(item, "problem");
    table.add({"to be fetched", "-", field<std::string>(item, "url"), from, problem.empty() ? "waiting" : problem},
              Colour::Warning);
    return;
  }
  auto notes = field<std::vector<std::string>>(item, "notes");
  if (const auto url = field<std::string>(item, "url"); !url.empty()) notes.push_back("fetched from " + url);
  table.add({field<std::string>(item, "sha256"), field<std::string>(item, "role"), facts_of(certificate).subject, from,
             joined(notes)});
}

bool is_complete(const State& state) {
  return std::ranges::none_of(
      state.items, [](const VariantMap& item) { return field<std::vector<uint8_t>>(item, "certificate").empty(); });
}

std::string explanation(const State& state) {
  if (state.name == "empty") return "Nothing is staged.\n";
  std::string text = printable("For " + state.group + ": " + state.name);
  if (!state.problem.empty()) text += printable(" (" + state.problem + ")");
  if (state.name == "staged" && !is_complete(state))
    text += ". It waits until all has been fetched";
  else if (state.name == "staged")
    text += ". It comes into force at the next start of the agent, or by: edgesealctl stage activate";
  if (state.name == "verifying") text += ". It stays once the first contact with the server is reported";
  if (state.name == "failed") text += ". It is not in force; try again: edgesealctl stage activate";
  return text + "\n";
}

void show(Session& session) {
  const State state = state_of(session);
  if (session.output.json()) return session.output.print_json(to_json(state));
  Table table({"SHA-256", "ROLE", "SUBJECT", "FROM", "NOTES"});
  for (const auto& item : state.items) add_row(table, item);
  if (!table.empty()) session.output.print(table);
  session.output.print(explanation(state));
}

// --- directories

std::string line_of(const FileOutcome& outcome) {
  std::string text = outcome.file.string();
  switch (outcome.result) {
    case ExitCode::Ok: return text + " is staged";
    case ExitCode::NotReachable: text += " stays, and is to be tried again"; break;
    default: text += " is refused";
  }
  if (!outcome.renamed_to.empty()) text += " and renamed to " + outcome.renamed_to;
  return text + ": " + outcome.problem;
}

nlohmann::json to_json(const FileOutcome& outcome) {
  return {{"file", outcome.file.string()}, {"staged", outcome.result == ExitCode::Ok}, {"problem", outcome.problem}};
}

// Such files are taken while setup is open and not else.
void require_setup(Session& session) {
  if (await_tpm(session.agent)) return;
  throw Failure(ExitCode::NotReachable, "the TPM has not answered yet, and whether setup is open is not known before",
                "see: edgesealctl status");
}

void stage_directory(Wanted wanted, Session& session) {
  const bool drop = !wanted.drop.empty();
  wanted.source = drop ? "drop-folder" : "medium";
  const auto stage = [&](const std::filesystem::path& file) {
    require_setup(session);
    for (const auto& warning : stage_file(file, wanted, session)) warn(warning);
  };
  auto outcomes = nlohmann::json::array();
  const auto tell = [&](const FileOutcome& outcome) {
    outcomes.push_back(to_json(outcome));
    if (!session.output.json()) session.output.print(printable(line_of(outcome)) + "\n");
  };
  const auto result = drop
                          ? empty_drop_folder(wanted.drop, stage, tell)
                          : stage_files(staged_files_in(std::filesystem::path(wanted.medium) / kOnMedium), stage, tell);
  session.status = static_cast<int>(result);
  if (session.output.json()) session.output.print_json(outcomes);
}

void stage(const Wanted& wanted, Session& session) {
  const int given = int{!wanted.file.empty()} + int{!wanted.drop.empty()} + int{!wanted.medium.empty()};
  if (given != 1) throw Failure(ExitCode::Usage, "give a FILE, --drop or --medium", "see: edgesealctl stage --help");
  if (wanted.file.empty()) return stage_directory(wanted, session);
  for (const auto& warning : stage_file(wanted.file, wanted, session)) warn(warning);
  if (wanted.activate) activate(session);
  show(session);
}

void report(const Contact& contact, Session& session) {
  std::vector<Der> chain;
  if (!contact.file.empty()) chain = certificates_of(read_file(contact.file), contact.file, PrivateKeys::Skip);
  VariantMap options;
  put(options, "failure", dbus::made_printable(contact.failure, kMostReasonBytes));
  bool verified = false;
  std::string problem;
  session.agent.with_staging([&](dbus::RemoteStaging& staging) {
    std::tie(verified, problem) = staging.ReportContact(chain, contact.host, options);
  });
  if (!verified) {
    if (session.output.json()) session.output.print_json({{"verified", false}, {"message", problem}});
    throw Failure(ExitCode::Refused, "what was staged is undone: " + problem);
  }
  if (session.output.json()) return session.output.print_json({{"verified", true}});
  session.output.print("The server is the right one; what was staged stays.\n");
}

void add_stage_options(CLI::App& command, Wanted& wanted) {
  command.add_option("FILE", wanted.file, "Settings file in XML, PEM or DER; - is the standard input");
  command
      .add_option("--group", wanted.group, "APPLICATION/GROUP whose trust list it is for; default: device/provisioning")
      ->type_name("LIST");
  command.add_option("--origin", wanted.origin, "Where the file comes from, for the record; default: its name");
  auto* source = command.add_option("--source", wanted.source, "How it came; default: command")
                     ->check(CLI::IsMember({"command", "drop-folder", "medium", "redirection"}));
  auto* at_once = command.add_flag("--activate", wanted.activate, "Put it into force at once, not at the next start");
  command
      .add_option("--drop", wanted.drop, std::string("Stage the files of a directory and remove them, e.g. ") + kFolder)
      ->type_name("DIRECTORY")
      ->excludes(source)
      ->excludes(at_once);
  command.add_option("--medium", wanted.medium, "Stage the files in edgeseal/ of a mounted medium")
      ->type_name("DIRECTORY")
      ->excludes(source)
      ->excludes(at_once);
}

void add_report(CLI::App& parent, Session& session) {
  auto contact = std::make_shared<Contact>();
  auto* command = parent.add_subcommand("report", "Report the first contact with the server");
  command->add_option("FILE", contact->file, "PEM with what the server showed, its own certificate first");
  command->add_option("--host", contact->host, "DNS name or IP address that was connected to");
  command->add_option("--failure", contact->failure, "There was no contact; why");
  command->footer(
      "Exit status 1: it is the wrong server, and what was staged is undone.\n"
      "Example:\n  edgesealctl stage report --host gds.example.com chain.pem");
  command->callback([contact, &session] {
    if (contact->file.empty() == contact->failure.empty())
      throw Failure(ExitCode::Usage, "give either a FILE or --failure");
    report(*contact, session);
  });
}

}  // namespace

void add_stage(CLI::App& app, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = app.add_subcommand("stage", "Stage the first trust of the device, which comes as a file");
  add_stage_options(*command, *wanted);
  command->footer(
      "Example:\n  edgesealctl stage provisioning.xml\n  edgesealctl stage show\n  edgesealctl stage activate");
  command->add_subcommand("show", "Show what is staged, with fingerprints to compare")->callback([&session] {
    show(session);
  });
  command->add_subcommand("activate", "Put it into force, to be verified by the first contact")->callback([&session] {
    activate(session);
    show(session);
  });
  command->add_subcommand("discard", "Forget it; what is in force unverified is undone")->callback([&session] {
    session.agent.with_staging([](dbus::RemoteStaging& staging) { staging.Discard(); });
    show(session);
  });
  add_report(*command, session);
  command->require_subcommand(0, 1);
  command->callback([command, wanted, &session] {
    if (command->get_subcommands().empty()) stage(*wanted, session);
  });
}

}  // namespace edgeseal::ctl
