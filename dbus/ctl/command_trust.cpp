// edgesealctl trust: what there is.

#include "dbus/ctl/commands.h"
#include "dbus/ctl/duration.h"
#include "dbus/ctl/slot.h"
#include "dbus/ctl/timestamp.h"
#include "dbus/ctl/trust_material.h"
#include "dbus/ctl/trust_transfer.h"
#include "dbus/ctl/validation_options.h"

namespace edgeseal::ctl {
namespace {

std::string state_of(const TrustListState& list) {
  if (!list.intact) return "damaged: the list before it is in use, or none";
  if (!list.writable) return "not readable: the TPM can't be used now";
  return list.out_of_date ? "out of date" : "ok";
}

std::string expected_every(const TrustListState& list) {
  return list.update_frequency.count() == 0
             ? "-"
             : duration_text(std::chrono::duration_cast<std::chrono::seconds>(list.update_frequency));
}

nlohmann::json to_json(const std::string& name, const TrustListState& list) {
  return {{"list", name},
          {"last-update", time_json(list.last_update)},
          {"update-frequency-ms", list.update_frequency.count()},
          {"suppressed", suppressed_errors(list.validation_options)},
          {"intact", list.intact},
          {"writable", list.writable},
          {"out-of-date", list.out_of_date}};
}

void list_all(Session& session) {
  auto values = nlohmann::json::array();
  Table table({"LIST", "UPDATED", "EXPECTED EVERY", "SUPPRESSED ERRORS", "STATE"});
  for (const auto& application : session.agent.applications()) {
    for (const auto& group : application.groups) {
      const auto& list = group.trust_list;
      const std::string name = application.name + "/" + group.name;
      const auto suppressed = suppressed_errors(list.validation_options);
      values.push_back(to_json(name, list));
      table.add({name, timestamp_text(list.last_update), expected_every(list), or_dash(suppressed), state_of(list)},
                state_of(list) == "ok" ? Colour::Good : Colour::Warning);
    }
  }
  if (session.output.json()) return session.output.print_json(values);
  if (table.empty()) return session.output.print("No applications. Create one: edgesealctl application create NAME\n");
  session.output.print(table);
}

void add_list(CLI::App& parent, Session& session) {
  auto* command = parent.add_subcommand("list", "List the trust lists, and how they are");
  command->footer("Example:\n  edgesealctl trust list");
  command->callback([&session] { list_all(session); });
}

void add_rows(Table& table, nlohmann::json& values, const TrustList& list, size_t index) {
  const std::string name(TrustList::kNames.at(index));
  for (const auto& der : list.lists.at(index)) {
    if (TrustList::holds_crls(index)) {
      const auto facts = crl_facts_of(der);
      const std::string until = or_dash(facts.next_update);
      table.add({name, "-", until, std::to_string(facts.revoked) + " revoked by " + facts.issuer});
      values.push_back({{"list", name},
                        {"issuer", facts.issuer},
                        {"last-update", facts.last_update},
                        {"next-update", time_json(facts.next_update)},
                        {"revoked", facts.revoked}});
    } else {
      const auto facts = facts_of(der);
      table.add({name, thumbprint_of(der), facts.not_after, facts.subject});
      values.push_back({{"list", name},
                        {"thumbprint", thumbprint_of(der)},
                        {"subject", facts.subject},
                        {"issuer", facts.issuer},
                        {"not-before", facts.not_before},
                        {"not-after", facts.not_after},
                        {"names", facts.names}});
    }
  }
}

void show(const TrustList& list, const std::string& name, const Output& output) {
  auto values = nlohmann::json::array();
  Table table({"LIST", "THUMBPRINT", "UNTIL", "SUBJECT"});
  for (size_t index = 0; index < list.lists.size(); ++index) add_rows(table, values, list, index);
  if (output.json()) return output.print_json(values);
  if (table.empty()) {
    return output.print(printable(name) + " trusts nobody. Let it: edgesealctl trust add " + printable(name) +
                        " FILE...\n");
  }
  output.print(table);
}

void add_show(CLI::App& parent, Session& session) {
  auto name = std::make_shared<std::string>();
  auto* command = parent.add_subcommand("show", "Show what a group trusts");
  command->add_option("LIST", *name, "APPLICATION or APPLICATION/GROUP")->required();
  command->footer("Example:\n  edgesealctl trust show opcua-server/application");
  command->callback([name, &session] {
    const auto chosen = find_group(session.agent, *name);
    TrustList list;
    session.agent.with_trust_list(chosen.application.name, chosen.group.name, [&](dbus::RemoteTrustList& remote) {
      list = read_trust_list(remote, TrustList::kAll);
    });
    show(list, chosen.text(), session.output);
  });
}

}  // namespace

void add_trust(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("trust", "Show, change and check what applications trust");
  command->require_subcommand(1);
  add_list(*command, session);
  add_show(*command, session);
  add_trust_changes(*command, session);
  add_trust_files(*command, session);
  add_trust_options(*command, session);
  add_trust_peers(*command, session);
  add_trust_directories(*command, session);
}

}  // namespace edgeseal::ctl
