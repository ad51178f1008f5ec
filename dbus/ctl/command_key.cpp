#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "dbus/ctl/agreement.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/described_keys.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/timestamp.h"

namespace edgeseal::ctl {
namespace {

std::string yes_or_no(const DescribedKey& key) {
  return key.exposed ? "yes" : "no";
}

nlohmann::json to_json(const std::optional<DescribedKey>& key) {
  if (!key) return nullptr;
  return {{"id", key->id},
          {"algorithm", key->algorithm},
          {"protection", key->protection},
          {"exposed", key->exposed},
          {"policy", key->policy.empty() ? nlohmann::json() : nlohmann::json(key->policy)},
          {"pcrs", key->pcrs},
          {"resealed", key->resealed}};
}

nlohmann::json to_json(const DescribedSlot& slot) {
  return {{"slot", slot.name.text()},
          {"key-algorithm", slot.algorithm},
          {"key-protection", slot.protection},
          {"pcrs", slot.pcrs},
          {"active-key", to_json(slot.active)},
          {"pending-key", to_json(slot.pending)},
          {"certificate-until", time_json(slot.certificate_until)}};
}

void add_rows(Table& table, const DescribedSlot& slot) {
  const auto add = [&](const char* status, const DescribedKey& key, const std::string& until) {
    table.add(
        {slot.name.text(), status, key.algorithm, key.protection, yes_or_no(key), or_dash(key.policy), or_dash(until)});
  };
  if (slot.active) add("active", *slot.active, slot.certificate_until);
  if (slot.pending) add("pending", *slot.pending, "");
  if (!slot.active && !slot.pending)
    table.add({slot.name.text(), "none", slot.algorithm, slot.protection, "-", "-", "-"});
}

std::vector<DescribedSlot> slots_of(Session& session, const std::string& application) {
  if (!application.empty()) (void)session.agent.application(application);
  auto slots = described_slots(session.agent.describe());
  std::erase_if(slots, [&](const auto& slot) { return !application.empty() && slot.name.application != application; });
  return slots;
}

void list(Session& session, const std::string& application) {
  const auto slots = slots_of(session, application);
  if (session.output.json()) return session.output.print_json(json_list(slots, to_json));
  Table table({"SLOT", "KEY", "ALGORITHM", "PROTECTION", "EXPOSED", "POLICY", "CERTIFICATE UNTIL"});
  for (const auto& slot : slots) add_rows(table, slot);
  if (table.empty())
    return session.output.print("No slots. Create an application: edgesealctl application create NAME\n");
  session.output.print(table);
}

std::string policy_text(const DescribedKey& key) {
  if (key.policy.empty()) return "-";
  return fmt::format("{}: PCR {}{}", key.policy, fmt::join(key.pcrs, ", "),
                     key.resealed ? ", also sealed for an update" : "");
}

void add_facts(Table& table, const std::string& title, const std::optional<DescribedKey>& key) {
  if (!key) return table.add({title, "none"});
  table.add({title, key->algorithm + ", " + key->protection});
  table.add({"  id", key->id});
  table.add({"  exposed", yes_or_no(*key)}, key->exposed ? Colour::Warning : Colour::Plain);
  table.add({"  policy", policy_text(*key)});
}

void show(Session& session, const std::string& text) {
  const auto name = find_slot(session.agent, text);
  const auto slots = slots_of(session, name.application);
  const auto found = std::ranges::find(slots, name.text(), [](const auto& slot) { return slot.name.text(); });
  if (found == slots.end()) throw Failure(ExitCode::Refused, "the agent does not describe " + name.text());
  if (session.output.json()) return session.output.print_json(to_json(*found));
  Table table;
  table.add({"Slot", found->name.text()});
  table.add({"Declared", found->algorithm + ", " + found->protection});
  if (!found->pcrs.empty()) table.add({"PCRs", fmt::format("{}", fmt::join(found->pcrs, ", "))});
  add_facts(table, "Active key", found->active);
  add_facts(table, "Pending key", found->pending);
  table.add({"Certificate", found->certificate_until.empty() ? "none" : "until " + found->certificate_until});
  session.output.print(table);
}

void add_list(CLI::App& parent, Session& session) {
  auto application = std::make_shared<std::string>();
  auto* command = parent.add_subcommand("list", "List the keys of all slots");
  command->add_option("APPLICATION", *application, "Only of this application");
  command->footer("Example:\n  edgesealctl key list");
  command->callback([application, &session] { list(session, *application); });
}

void add_show(CLI::App& parent, Session& session) {
  auto slot = std::make_shared<std::string>();
  auto* command = parent.add_subcommand("show", "Show the keys of one slot");
  command->add_option("SLOT", *slot, "APPLICATION[/GROUP[/TYPE]]")->required();
  command->footer("Example:\n  edgesealctl key show web/https/https");
  command->callback([slot, &session] { show(session, *slot); });
}

struct Destruction {
  std::string slot;
  Agreement agreement;
};

void destroy_retired(Session& session, const Destruction& wanted) {
  const auto name = find_slot(session.agent, wanted.slot);
  wanted.agreement.require("Destroy the replaced keys of " + name.text() + ", for good?");
  std::uint32_t count = 0;
  session.agent.with_group(name.application, name.group,
                           [&](dbus::RemoteGroup& group) { count = group.DestroyRetiredKeys(name.certificate_type); });
  if (session.output.json()) return session.output.print_json({{"slot", name.text()}, {"destroyed", count}});
  session.output.print(fmt::format("{}: {} replaced {} destroyed. Programs that still used one must reload.\n",
                                   name.text(), count, count == 1 ? "key" : "keys"));
}

void add_destroy_retired(CLI::App& parent, Session& session) {
  auto wanted = std::make_shared<Destruction>();
  auto* command = parent.add_subcommand("destroy-retired", "Destroy the replaced keys of a slot at once");
  command->add_option("SLOT", wanted->slot, "APPLICATION[/GROUP[/TYPE]]")->required();
  add_agreement(*command, wanted->agreement);
  command->footer(
      "A replaced key lives until no program has used it for a day. Destroy it where somebody else may have it.\n"
      "Example:\n  edgesealctl key destroy-retired web/https/https");
  command->callback([wanted, &session] { destroy_retired(session, *wanted); });
}

}  // namespace

void add_key(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("key", "List, import, export and certify private keys");
  command->require_subcommand(1);
  add_list(*command, session);
  add_show(*command, session);
  add_key_import(*command, session);
  add_key_export(*command, session);
  add_key_certify(*command, session);
  add_destroy_retired(*command, session);
}

}  // namespace edgeseal::ctl
