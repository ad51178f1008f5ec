#include <fmt/format.h>

#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/pem.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

struct Status {
  std::string state;
  bool singleton = false, up_to_date = false;
  std::string revision;
  std::vector<std::string> endpoints, applications, registrars;
  std::size_t tickets = 0;
};

struct SoftwareStatus {
  std::string status, revision;
};

struct Verification {
  std::string ticket;
  std::vector<std::string> authorities;
};

Status read_status(Session& session) {
  Status status;
  session.agent.with_device([&](dbus::RemoteDevice& device) {
    status.state = device.State();
    status.singleton = device.IsSingleton();
    status.up_to_date = device.SoftwareUpToDate();
    status.revision = device.SoftwareRevision();
    status.applications = device.Applications();
    status.tickets = device.RequestTickets().size();
    for (const auto& endpoint : device.GetEndpoints())
      status.endpoints.push_back(endpoint.at("key").get<std::string>());
    for (const auto& registrar : device.Registrars())
      for (const auto& url : registrar.at("discovery-urls").get<std::vector<std::string>>())
        status.registrars.push_back(url);
  });
  return status;
}

nlohmann::json to_json(const Status& status) {
  return {{"state", status.state},
          {"is-singleton", status.singleton},
          {"software-up-to-date", status.up_to_date},
          {"software-revision", status.revision},
          {"endpoints", status.endpoints},
          {"applications", status.applications},
          {"registrars", status.registrars},
          {"tickets", status.tickets}};
}

void show_status(Session& session) {
  const auto status = read_status(session);
  if (session.output.json()) return session.output.print_json(to_json(status));
  Table table;
  table.add({"State", status.state}, status.state == "ready" ? Colour::Good : Colour::Plain);
  table.add({"Endpoints for", or_dash(status.endpoints)});
  table.add({"Software", (status.up_to_date ? "up to date" : "behind") +
                             (status.revision.empty() ? "" : ", revision " + status.revision)});
  table.add({"Applications", status.singleton ? "the device has one application" : or_dash(status.applications)});
  table.add({"Registrars", or_dash(status.registrars)});
  table.add({"Tickets", std::to_string(status.tickets)});
  session.output.print(table);
}

Der ticket_of(const std::string& file) {
  const std::string text = read_file(file);
  return {text.begin(), text.end()};
}

void add_tickets_of(const std::vector<std::string>& files, Session& session) {
  std::vector<Der> tickets;
  for (const auto& file : files) tickets.push_back(ticket_of(file));
  session.agent.with_device([&](dbus::RemoteDevice& device) {
    for (const auto& ticket : tickets) device.AddTicket(ticket);
  });
  if (session.output.json()) return session.output.print_json(nlohmann::json{{"added", tickets.size()}});
  session.output.print(
      fmt::format("Added {}.\n", tickets.size() == 1 ? "a ticket" : fmt::format("{} tickets", tickets.size())));
}

// As they are: what a Registrar gets.
void show_tickets(Session& session) {
  std::vector<Der> tickets;
  session.agent.with_device([&](dbus::RemoteDevice& device) { tickets = device.RequestTickets(); });
  auto texts = nlohmann::json::array();
  for (const auto& ticket : tickets) texts.push_back(std::string(ticket.begin(), ticket.end()));
  if (session.output.json()) return session.output.print_json(texts);
  if (texts.empty()) return session.output.print("The device has no tickets.\n");
  for (const auto& text : texts) session.output.print(printable(text.get<std::string>()) + "\n");
}

void verify_ticket(const Verification& wanted, Session& session) {
  const Der ticket = ticket_of(wanted.ticket);
  std::vector<Der> authorities;
  for (const auto& file : wanted.authorities)
    for (auto& certificate : certificates_of(read_file(file), file)) authorities.push_back(std::move(certificate));
  VariantMap contents;
  session.agent.with_device(
      [&](dbus::RemoteDevice& device) { contents = device.VerifyTicket(ticket, authorities, {}); });
  nlohmann::json json;
  Table table;
  for (const auto& [name, member] : contents) {
    if (member.containsValueOfType<std::string>()) json[name] = member.get<std::string>();
    if (member.containsValueOfType<std::vector<std::string>>()) json[name] = member.get<std::vector<std::string>>();
    if (!json.contains(name)) continue;
    table.add({name, json[name].is_string() ? json[name].get<std::string>()
                                            : joined(json[name].get<std::vector<std::string>>())});
  }
  if (session.output.json()) return session.output.print_json(json);
  session.output.print(table);
}

void set_software_status(const SoftwareStatus& wanted, Session& session) {
  const bool up_to_date = wanted.status == "up-to-date";
  session.agent.with_device([&](dbus::RemoteDevice& device) { device.SetSoftwareStatus(up_to_date, wanted.revision); });
  if (session.output.json())
    return session.output.print_json(nlohmann::json{{"up-to-date", up_to_date}, {"revision", wanted.revision}});
  session.output.print("The software of the device is " + std::string(up_to_date ? "up to date" : "behind") + ".\n");
}

void add_tickets(CLI::App& parent, Session& session) {
  auto* tickets = parent.add_subcommand("tickets", "Tickets that describe this device to a Registrar");
  tickets->require_subcommand(1);
  auto files = std::make_shared<std::vector<std::string>>();
  auto* add = tickets->add_subcommand("add", "Store a ticket, as its maker signed it");
  add->add_option("FILE", *files, "JWS in the general JSON serialization; repeatable")->required();
  add->footer("Example:\n  edgesealctl onboarding tickets add 4711.ticket");
  add->callback([files, &session] { add_tickets_of(*files, session); });
  auto* show = tickets->add_subcommand("show", "Show the tickets, as a Registrar gets them");
  show->footer("Example:\n  edgesealctl onboarding tickets show");
  show->callback([&session] { show_tickets(session); });
  auto wanted = std::make_shared<Verification>();
  auto* verify = tickets->add_subcommand("verify", "Judge a ticket by whom you trust to sign one");
  verify->add_option("FILE", wanted->ticket, "The ticket; - is the standard input")->required();
  verify->add_option("--authority", wanted->authorities, "Certificate of a signer, or of a CA of signers; repeatable")
      ->type_name("FILE")
      ->required()
      ->allow_extra_args(false);
  verify->footer("Example:\n  edgesealctl onboarding tickets verify 4711.ticket --authority maker-ca.crt");
  verify->callback([wanted, &session] { verify_ticket(*wanted, session); });
}

void add_software_status(CLI::App& parent, Session& session) {
  auto* family = parent.add_subcommand("software-status", "Say whether the software of the device is up to date");
  family->require_subcommand(1);
  auto wanted = std::make_shared<SoftwareStatus>();
  auto* set = family->add_subcommand("set", "For the updater: what a Registrar waits for");
  set->add_option("STATUS", wanted->status, "up-to-date or behind")
      ->required()
      ->check(CLI::IsMember({"up-to-date", "behind"}));
  set->add_option("--revision", wanted->revision, "Of the software");
  set->footer("Example:\n  edgesealctl onboarding software-status set up-to-date --revision 2.4.1");
  set->callback([wanted, &session] { set_software_status(*wanted, session); });
}

}  // namespace

void add_onboarding(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("onboarding", "The device's part in OPC UA device onboarding");
  command->require_subcommand(1);
  auto* status = command->add_subcommand("status", "Show how far the onboarding of the device is");
  status->footer("Example:\n  edgesealctl onboarding status");
  status->callback([&session] { show_status(session); });
  add_tickets(*command, session);
  add_software_status(*command, session);
}

}  // namespace edgeseal::ctl
