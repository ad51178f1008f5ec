#include "dbus/ctl/agreement.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/value_kinds.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

struct Wanted {
  std::string name;
  std::string uri;
  std::string account;
  std::vector<std::string> access;
  std::vector<std::string> slots;
  std::vector<std::string> legacy;
  std::vector<std::string> trust_groups;
  std::vector<std::string> capabilities;
  std::vector<std::string> exports;
};

nlohmann::json to_json(const Application& application) {
  auto groups = nlohmann::json::array();
  for (const auto& group : application.groups) {
    groups.push_back({{"name", group.name},
                      {"certificate-types", group.certificate_types},
                      {"directory", group.directory},
                      {"transaction-pending", group.transaction_pending}});
  }
  return {{"name", application.name},       {"application-uri", application.uri},
          {"account", application.account}, {"access", application.access},
          {"legacy", application.legacy},   {"exports", application.exports},
          {"origin", application.origin},   {"groups", groups}};
}

void show(const Application& application, const Output& output) {
  Table facts;
  facts.add({"Name", application.name});
  facts.add({"URI", application.uri});
  facts.add({"Account", or_dash(application.account)});
  facts.add({"Access", application.access.empty()
                           ? (application.account.empty() ? "root only" : "account and root only")
                           : joined(application.access)});
  if (!application.legacy.empty()) facts.add({"Legacy", joined(application.legacy)});
  if (!application.exports.empty()) facts.add({"Exports", joined(application.exports)});
  facts.add({"Origin", application.origin});
  output.print(facts);
  Table groups({"GROUP", "TYPES", "DIRECTORY", "TRANSACTION"});
  for (const auto& group : application.groups) {
    groups.add(
        {group.name, joined(group.certificate_types), group.directory, group.transaction_pending ? "pending" : "-"});
  }
  if (groups.empty()) return;
  output.print("\n");
  output.print(groups);
}

VariantMap options_of(const Wanted& wanted) {
  VariantMap options;
  put(options, "application-uri", wanted.uri);
  put(options, "account", wanted.account);
  put(options, "access", wanted.access);
  put(options, "slots", wanted.slots);
  put(options, "legacy", wanted.legacy);
  put(options, "trust-groups", wanted.trust_groups);
  put(options, "server-capabilities", wanted.capabilities);
  put(options, "exports", wanted.exports);
  return options;
}

void add_create(CLI::App& parent, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = parent.add_subcommand("create", "Begin to manage an application");
  command->add_option("NAME", wanted->name, "Name: a-z, 0-9, _ and -")->required();
  command->add_option("--uri", wanted->uri, "ApplicationUri; default: urn:HOST:NAME");
  command->add_option("--account", wanted->account, "User account that the application runs as")->type_name("ACCOUNT");
  command->add_option("--access", wanted->access, "Who may use the keys: user=NAME, group=NAME, unit=UNIT; repeatable")
      ->type_name("RULE")
      ->allow_extra_args(false);
  command
      ->add_option("--slot", wanted->slots,
                   "GROUP/TYPE[=ALGORITHM[,tpm|,sealed][,pss][,pcrs=N+N]]; repeatable; default: https/https=ec-p256")
      ->allow_extra_args(false);
  command->add_option("--legacy", wanted->legacy, "What old peers need; repeatable; default: nothing of it")
      ->type_name("{sha1-signatures,pkcs1-decryption,raw-rsa}")
      ->allow_extra_args(false);
  command
      ->add_option("--trust-group", wanted->trust_groups,
                   "Group with a trust list and no certificate, such as user-token; repeatable")
      ->type_name(kCertificateGroups)
      ->allow_extra_args(false);
  command
      ->add_option("--capability", wanted->capabilities,
                   "What an OPC UA server is announced with (OPC 10000-12 Annex D), such as DA; repeatable")
      ->allow_extra_args(false);
  command->add_option("--export", wanted->exports, "Publish also as this program expects it; repeatable")
      ->type_name("{open62541,node-opcua,milo,pem}")
      ->allow_extra_args(false);
  command->footer("Example:\n  edgesealctl application create web --account www-data --access user=www-data");
  command->callback([wanted, &session] {
    session.agent.with_agent(
        [&](dbus::RemoteAgent& agent) { agent.CreateApplication(wanted->name, options_of(*wanted)); });
    const auto created = session.agent.application(wanted->name);
    if (session.output.json()) return session.output.print_json(to_json(created));
    show(created, session.output);
  });
}

void add_list(CLI::App& parent, Session& session) {
  auto names_only = std::make_shared<bool>(false);
  auto* command = parent.add_subcommand("list", "List the applications");
  command->add_flag("--names", *names_only, "Names only, one on a line");
  command->footer("Example:\n  edgesealctl application list");
  command->callback([names_only, &session] {
    auto values = nlohmann::json::array();
    Table table(*names_only ? std::vector<std::string>{}
                            : std::vector<std::string>{"NAME", "GROUPS", "ACCOUNT", "URI", "ORIGIN"});
    for (const auto& application : session.agent.applications()) {
      std::vector<std::string> groups;
      for (const auto& group : application.groups) groups.push_back(group.name);
      values.push_back(to_json(application));
      if (*names_only) {
        table.add({application.name});
      } else {
        table.add(
            {application.name, joined(groups), or_dash(application.account), application.uri, application.origin});
      }
    }
    if (session.output.json()) return session.output.print_json(values);
    if (table.empty() && !*names_only)
      return session.output.print("No applications. Create one: edgesealctl application create NAME\n");
    session.output.print(table);
  });
}

void add_show(CLI::App& parent, Session& session) {
  auto name = std::make_shared<std::string>();
  auto* command = parent.add_subcommand("show", "Show one application and its certificate groups");
  command->add_option("NAME", *name, "Name of the application")->type_name("APPLICATION")->required();
  command->footer("Example:\n  edgesealctl application show web");
  command->callback([name, &session] {
    const auto application = session.agent.application(*name);
    if (session.output.json()) return session.output.print_json(to_json(application));
    show(application, session.output);
  });
}

struct Deletion {
  std::string name;
  Agreement agreement;
};

void add_delete(CLI::App& parent, Session& session) {
  auto wanted = std::make_shared<Deletion>();
  auto* command = parent.add_subcommand("delete", "Delete an application with its keys and certificates, for good");
  command->add_option("NAME", wanted->name, "Name of the application")->type_name("APPLICATION")->required();
  add_agreement(*command, wanted->agreement);
  command->footer("Example:\n  edgesealctl application delete web");
  command->callback([wanted, &session] {
    wanted->agreement.require("Delete " + wanted->name + " with its keys and certificates, for good?");
    session.agent.with_agent([&](dbus::RemoteAgent& agent) { agent.DeleteApplication(wanted->name); });
    if (session.output.json()) return session.output.print_json(nlohmann::json{{"deleted", wanted->name}});
    session.output.print("Deleted " + printable(wanted->name) + " with its keys and certificates.\n");
  });
}

}  // namespace

void add_application(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("application", "Create, list, show and delete applications");
  command->require_subcommand(1);
  add_create(*command, session);
  add_list(*command, session);
  add_show(*command, session);
  add_delete(*command, session);
  add_application_access(*command, session);
}

}  // namespace edgeseal::ctl
