// edgesealctl config: what stands in /etc/edgeseal.

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "dbus/ctl/agreement.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/configuration_check.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/service_manager.h"
#include "dbus/ctl/variant_map.h"
#include "dbus/ctl/waiting_settings.h"

namespace edgeseal::ctl {
namespace {

constexpr const char* kAgent = "edgeseald.service";

struct Checked {
  std::vector<std::string> paths;
  std::string root;
};

struct Asked {
  bool dry_run = false, remove = false, restart = false;
  Agreement agreement{};
};

struct Applied {
  std::vector<ConfigurationChange> changes;
  bool restarted = false;
};

nlohmann::json to_json(const ConfigurationMistake& mistake) {
  return {{"file", mistake.file}, {"line", mistake.line}, {"severity", mistake.severity}, {"message", mistake.message}};
}

// Exit status 1 where there is a mistake, 0 with warnings alone.
void check(const Checked& checked, Session& session) {
  const auto mistakes = check_configuration(checked.paths, checked.root);
  const bool good = std::ranges::none_of(mistakes, &ConfigurationMistake::is_error);
  if (!good) session.status = static_cast<int>(ExitCode::Refused);
  if (session.output.json()) {
    return session.output.print_json({{"good", good}, {"problems", json_list(mistakes, to_json)}});
  }
  for (const auto& mistake : mistakes)
    session.output.print(printable(mistake.is_error() ? mistake.told() : mistake.told() + " (warning)") + "\n");
  if (mistakes.empty()) session.output.print("The configuration is good.\n");
}

bool is_changed(const ConfigurationChange& change) {
  return text_of(change, "change") != "unchanged" && text_of(change, "change") != "restart";
}

void print_json(const Applied& applied, const Asked& asked, const Output& output) {
  const auto waiting = applied.restarted ? std::vector<std::string>() : waiting_settings(applied.changes);
  output.print_json({{"changed", applied.restarted || std::ranges::any_of(applied.changes, is_changed)},
                     {"dry-run", asked.dry_run},
                     {"changes", applied.changes},
                     {"restart-required", waiting},
                     {"restarted", applied.restarted}});
}

void print(const std::vector<ConfigurationChange>& changes, const Asked& asked, const Output& output) {
  Table table({"CHANGE", "KIND", "NAME", "DETAIL"});
  for (const auto& change : changes)
    if (text_of(change, "change") != "unchanged")
      table.add(
          {text_of(change, "change"), text_of(change, "kind"), text_of(change, "name"), text_of(change, "detail")});
  if (!table.empty()) output.print(table);
  const bool waits = !waiting_settings(changes).empty();
  if (asked.restart && waits) return;
  if (std::ranges::none_of(changes, is_changed))
    output.print("Nothing changed.\n");
  else if (asked.dry_run)
    output.print("Nothing is changed yet: edgesealctl config apply\n");
  if (waits) output.print("Settings of edgeseal.toml wait for: systemctl restart edgeseald\n");
}

// Programs get what was applied also where systemd refuses.
void restart(Applied& applied, const Asked& asked, const Output& output) {
  try {
    ServiceManager().restart(kAgent);
  } catch (const Failure&) {
    if (output.json()) print_json(applied, asked, output);
    throw;
  }
  applied.restarted = true;
  if (!output.json()) output.print(std::string("Restarted ") + kAgent + ": it runs with edgeseal.toml as it is.\n");
}

// The agent tells all mistakes of the files at once, a line each; what came in the middle may have left something done.
[[noreturn]] void refuse(const Failure& failure, const Asked& asked, const Output& output) {
  const std::string all = failure.what();
  auto lines = nlohmann::json::array();
  for (std::size_t begin = 0; begin < all.size();) {
    const auto end = std::min(all.find('\n', begin), all.size());
    lines.push_back(all.substr(begin, end - begin));
    begin = end + 1;
  }
  const bool refused_here = failure.kind.empty() && failure.code == ExitCode::Refused;  // by an answer of no
  const bool judged = asked.dry_run || refused_here || failure.kind == "InvalidArgument";
  if (output.json() && (refused_here || !failure.kind.empty()))
    output.print_json({{"changed", judged ? nlohmann::json(false) : nlohmann::json()}, {"errors", lines}});
  if (lines.size() < 2) throw failure;
  for (const auto& line : lines) std::fprintf(stderr, "%s\n", printable(line.get<std::string>()).c_str());
  throw Failure(failure.code, "nothing is changed: the configuration has mistakes", "see: edgesealctl config check");
}

// On a terminal; elsewhere --delete is word enough.
void agree_to_deletions(const Asked& asked, const std::vector<ConfigurationChange>& plan) {
  std::vector<std::string> names;
  for (const auto& change : plan)
    if (text_of(change, "change") == "removed" && text_of(change, "kind") == "application")
      names.push_back(text_of(change, "name"));
  if (!names.empty()) asked.agreement.require("Delete " + joined(names) + " with all keys and certificates, for good?");
}

void apply(const Asked& asked, Session& session) {
  const VariantMap options{{"delete", sdbus::Variant(asked.remove)}};
  Applied applied;
  try {
    session.agent.with_configuration([&](dbus::RemoteConfiguration& configuration) {
      if (!asked.dry_run && asked.remove && !asked.agreement.yes && isatty(STDIN_FILENO) == 1)
        agree_to_deletions(asked, configuration.Plan(options));
      applied.changes = asked.dry_run ? configuration.Plan(options) : configuration.Apply(options);
    });
  } catch (const Failure& failure) {
    refuse(failure, asked, session.output);
  }
  if (!session.output.json()) print(applied.changes, asked, session.output);
  if (asked.restart && !waiting_settings(applied.changes).empty()) restart(applied, asked, session.output);
  if (session.output.json()) print_json(applied, asked, session.output);
}

void add_check(CLI::App& parent, Session& session) {
  auto checked = std::make_shared<Checked>();
  auto* command = parent.add_subcommand("check", "Say all that is wrong with configuration files; needs no agent");
  command->add_option("PATH", checked->paths, "Directories such as /etc/edgeseal, or single files")->type_name("FILE");
  command->add_option("--root", checked->root, "Of an image: its /etc/edgeseal, its accounts, its certificates")
      ->type_name("DIRECTORY");
  command->footer("Example:\n  edgesealctl config check --root /srv/image");
  command->callback([checked, &session] { check(*checked, session); });
}

void add_apply(CLI::App& parent, Session& session) {
  auto asked = std::make_shared<Asked>();
  auto* command =
      parent.add_subcommand("apply", "Have the agent take up what the files say now; judged as a whole first");
  auto* dry_run = command->add_flag("--dry-run", asked->dry_run, "Only say what would change");
  command->add_flag("--delete", asked->remove,
                    "Delete applications whose file is gone, with their keys and certificates, for good");
  add_agreement(*command, asked->agreement);
  command->add_flag("--restart", asked->restart, "Restart the agent where settings of edgeseal.toml wait for it")
      ->excludes(dry_run);
  command->footer("Example:\n  edgesealctl config apply --dry-run");
  command->callback([asked, &session] { apply(*asked, session); });
}

}  // namespace

void add_config(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("config", "Check and apply the files of /etc/edgeseal");
  command->require_subcommand(1);
  add_check(*command, session);
  add_apply(*command, session);
}

}  // namespace edgeseal::ctl
