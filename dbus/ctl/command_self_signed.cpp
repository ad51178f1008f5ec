#include "dbus/ctl/commands.h"
#include "dbus/ctl/pem.h"
#include "dbus/ctl/slot.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

struct Wanted {
  std::string slot;
  std::uint16_t days = 365;
  std::string subject;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
};

VariantMap options_of(const Wanted& wanted) {
  VariantMap options{{"lifetime-days", sdbus::Variant(wanted.days)}};
  put(options, "subject", wanted.subject);
  put(options, "dns-names", wanted.dns_names);
  put(options, "ip-addresses", wanted.ip_addresses);
  return options;
}

void run(const Wanted& wanted, Session& session) {
  const auto slot = find_slot(session.agent, wanted.slot);
  Der certificate;
  session.agent.with_group(slot.application, slot.group, [&](dbus::RemoteGroup& group) {
    certificate = group.CreateSelfSignedCertificate(slot.certificate_type, options_of(wanted));
    group.ApplyChanges({});
  });
  const auto facts = facts_of(certificate);
  if (session.output.json()) {
    return session.output.print_json(nlohmann::json{{"slot", slot.text()},
                                                    {"serial", facts.serial},
                                                    {"not-after", facts.not_after},
                                                    {"certificate", to_pem("CERTIFICATE", certificate)}});
  }
  session.output.print("Installed a self-signed certificate of " + slot.text() + ", valid until " + facts.not_after +
                       ".\n");
}

}  // namespace

void add_self_signed(CLI::App& certificate, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = certificate.add_subcommand("self-signed", "Make a key and a certificate that it signs itself");
  command->add_option("SLOT", wanted->slot, "APPLICATION[/GROUP[/TYPE]]")->required();
  command->add_option("--days", wanted->days, "How long it is valid; default: 365")->check(CLI::Range(1, 65535));
  command->add_option("--subject", wanted->subject, "Subject name, e.g. CN=gw1,O=Example; default: CN=NAME");
  command->add_option("--dns", wanted->dns_names, "DNS name; repeatable; default: the host name")
      ->allow_extra_args(false);
  command->add_option("--ip", wanted->ip_addresses, "IP address; repeatable")->allow_extra_args(false);
  command->footer("Example:\n  edgesealctl certificate self-signed web --days 30");
  command->callback([wanted, &session] { run(*wanted, session); });
}

}  // namespace edgeseal::ctl
