// edgesealctl trust audit, adopt, adopted and release: directories that say what programs trust.

#include <algorithm>

#include "dbus/ctl/agreement.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/slot.h"
#include "dbus/ctl/text_map.h"
#include "dbus/ctl/trust_list.h"
#include "dbus/ctl/trust_material.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

using Finding = TextMap;

struct Adoption {
  std::string path;
  std::string list;
  std::string layout = "annex-f";
  bool import = false, dry_run = false;
  Agreement agreement;
};

std::string absolute(const std::string& path) {
  if (path.empty()) return "";
  std::string text = std::filesystem::absolute(path).lexically_normal();
  if (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

bool is_fault(const Finding& finding) {
  return text_of(finding, "action") != "none";
}

// One line per component, as namei(1) has them; what is wrong with it and the remedy below.
std::string findings_text(const std::vector<Finding>& findings) {
  std::string text;
  for (const auto& finding : findings) {
    text += is_fault(finding) ? "wrong  " : "ok     ";
    text += printable(text_of(finding, "path")) + ": " + printable(text_of(finding, "found"));
    if (!is_fault(finding)) {
      text += "\n";
      continue;
    }
    text += ", must be " + printable(text_of(finding, "wanted")) + " (" + printable(text_of(finding, "action")) + ")\n";
    if (const auto remedy = text_of(finding, "remedy"); !remedy.empty()) text += "       " + printable(remedy) + "\n";
  }
  return text;
}

void audit(const std::string& path, Session& session) {
  std::vector<Finding> findings;
  session.agent.with_directories(
      [&](dbus::RemoteTrustDirectories& directories) { findings = directories.Audit(absolute(path)); });
  if (session.output.json()) {
    session.output.print_json(findings);
  } else if (findings.empty()) {
    session.output.print("All is as it must be.\n");
  } else {
    session.output.print(findings_text(findings));
  }
  const auto faults = std::ranges::count_if(findings, is_fault);
  if (faults > 0) throw Failure(ExitCode::Refused, std::to_string(faults) + " things are not as they must be");
}

std::string plan_text(const VariantMap& plan, const Adoption& wanted, const std::string& list) {
  std::string text = printable(wanted.path) + " (" + wanted.layout + ") for " + list + ": ";
  text += field<bool>(plan, "enforced") ? "its content will be held as that of the trust list.\n"
                                        : "it will be audited only, the agent may not write there.\n";
  for (const auto name : TrustList::kNames) {
    const auto entries = field<std::vector<Der>>(plan, std::string(name).c_str());
    text += "  " + std::to_string(entries.size()) + " " + std::string(name) + "\n";
    if (name == TrustList::kNames[TrustList::TrustedCertificates]) {
      for (const auto& certificate : entries) text += "    " + printable(facts_of(certificate).subject) + "\n";
    }
  }
  for (const auto& ignored : field<std::vector<std::string>>(plan, "ignored")) {
    text += "  ignored: " + printable(ignored) + "\n";
  }
  return text + findings_text(field<std::vector<Finding>>(plan, "findings"));
}

nlohmann::json to_json(const VariantMap& plan) {
  nlohmann::json value{{"enforced", field<bool>(plan, "enforced")},
                       {"ignored", field<std::vector<std::string>>(plan, "ignored")},
                       {"findings", field<std::vector<Finding>>(plan, "findings")}};
  for (size_t index = 0; index < TrustList::kNames.size(); ++index) {
    const std::string name(TrustList::kNames.at(index));
    auto& entries = value[name] = nlohmann::json::array();
    for (const auto& der : field<std::vector<Der>>(plan, name.c_str())) {
      entries.push_back(TrustList::holds_crls(index) ? crl_facts_of(der).issuer : thumbprint_of(der));
    }
  }
  return value;
}

void adopt(Adoption wanted, Session& session) {
  wanted.path = absolute(wanted.path);
  const auto chosen = find_group(session.agent, wanted.list);
  session.agent.with_directories([&](dbus::RemoteTrustDirectories& directories) {
    VariantMap options{{"layout", sdbus::Variant(wanted.layout)}};
    const auto plan = directories.PlanAdoption(wanted.path, chosen.application.name, chosen.group.name, options);
    if (session.output.json()) {
      if (wanted.dry_run) return session.output.print_json(to_json(plan));
    } else {
      session.output.print(plan_text(plan, wanted, chosen.text()));
    }
    if (wanted.dry_run) return;
    wanted.agreement.require("Adopt it?");
    options.emplace("import", sdbus::Variant(wanted.import));
    directories.Adopt(wanted.path, chosen.application.name, chosen.group.name, options);
    if (session.output.json()) return session.output.print_json({{"adopted", wanted.path}, {"list", chosen.text()}});
    session.output.print("Adopted.\n");
  });
}

bool is_in(const std::string& path, const std::vector<std::string>& directories) {
  return std::ranges::any_of(directories, [&](const std::string& directory) {
    return path == directory || path.starts_with(directory + "/");
  });
}

// What keeps the agent from holding them, and what would let it.
std::string obstacles_text(dbus::RemoteTrustDirectories& agent, const std::vector<std::string>& audited_only) {
  if (audited_only.empty()) return "";
  std::vector<Finding> findings = agent.Audit("");
  std::erase_if(findings, [&](const Finding& finding) { return !is_in(text_of(finding, "path"), audited_only); });
  return findings.empty() ? "" : "\n" + findings_text(findings);
}

void show_adopted(dbus::RemoteTrustDirectories& agent, Session& session) {
  auto values = nlohmann::json::array();
  std::vector<std::string> audited_only;
  Table table({"DIRECTORY", "LIST", "LAYOUT", "HELD"});
  for (const auto& directory : agent.Adopted()) {
    const auto list = field<std::string>(directory, "application") + "/" + field<std::string>(directory, "group");
    const bool enforced = field<bool>(directory, "enforced");
    const auto path = field<std::string>(directory, "path");
    const auto layout = field<std::string>(directory, "layout");
    table.add({path, list, layout, enforced ? "yes" : "audited only"});
    values.push_back({{"path", path}, {"list", list}, {"layout", layout}, {"enforced", enforced}});
    if (!enforced) audited_only.push_back(path);
  }
  if (session.output.json()) return session.output.print_json(values);
  if (table.empty()) return session.output.print("No directory is adopted.\n");
  session.output.print(table);
  session.output.print(obstacles_text(agent, audited_only));
}

void add_directory_audit(CLI::App& trust, Session& session) {
  auto path = std::make_shared<std::string>();
  auto* command =
      trust.add_subcommand("audit", "Find what is wrong with directories and files that say what is trusted");
  command->add_option("PATH", *path, "A file or directory; default: all that are managed or adopted");
  command->footer(
      "Exit status 1: something is not as it must be.\nExample:\n  edgesealctl trust audit /opt/server/pki");
  command->callback([path, &session] { audit(*path, session); });
}

void add_adopt(CLI::App& trust, Session& session) {
  auto wanted = std::make_shared<Adoption>();
  auto* command = trust.add_subcommand("adopt", "Keep a program's own directory as a trust list says");
  command->add_option("DIRECTORY", wanted->path, "The directory")->required();
  command->add_option("LIST", wanted->list, "APPLICATION or APPLICATION/GROUP")->required();
  command->add_option("--layout", wanted->layout, "What the program expects; default: annex-f (OPC 10000-12)")
      ->check(CLI::IsMember({"annex-f", "open62541", "node-opcua", "milo", "pem"}));
  command->add_flag("--import", wanted->import, "First take into the trust list what the directory holds");
  command->add_flag("--dry-run", wanted->dry_run, "Show what it holds and what is wrong with it; change nothing");
  add_agreement(*command, wanted->agreement);
  command->footer(
      "Example:\n  edgesealctl trust adopt /opt/server/pki opcua-server/application --layout milo --import");
  command->callback([wanted, &session] { adopt(*wanted, session); });
}

void add_release(CLI::App& trust, Session& session) {
  auto path = std::make_shared<std::string>();
  auto* command = trust.add_subcommand("release", "Leave an adopted directory to its program again, as it is");
  command->add_option("DIRECTORY", *path, "The directory, as \"trust adopted\" shows it")
      ->type_name("ADOPTED")
      ->required();
  command->footer("Example:\n  edgesealctl trust release /opt/server/pki");
  command->callback([path, &session] {
    session.agent.with_directories(
        [&](dbus::RemoteTrustDirectories& directories) { directories.Release(absolute(*path)); });
    if (session.output.json()) return session.output.print_json(nlohmann::json{{"released", absolute(*path)}});
    session.output.print("Released " + printable(absolute(*path)) + "; its files stay as they are.\n");
  });
}

}  // namespace

void add_trust_directories(CLI::App& trust, Session& session) {
  add_directory_audit(trust, session);
  add_adopt(trust, session);
  auto* command = trust.add_subcommand("adopted", "List the adopted directories");
  command->footer("Example:\n  edgesealctl trust adopted");
  command->callback([&session] {
    session.agent.with_directories([&](dbus::RemoteTrustDirectories& agent) { show_adopted(agent, session); });
  });
  add_release(trust, session);
}

}  // namespace edgeseal::ctl
