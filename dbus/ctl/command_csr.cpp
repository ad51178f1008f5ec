#include <unistd.h>

#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/output_file.h"
#include "dbus/ctl/pem.h"
#include "dbus/ctl/slot.h"
#include "dbus/ctl/value_kinds.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

struct Wanted {
  std::string name;
  std::string group;
  std::string type;
  std::string subject;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  bool new_key = false;
  OutputFile out;
  bool der = false;
};

VariantMap options_of(const Wanted& wanted) {
  VariantMap options;
  put(options, "subject", wanted.subject);
  put(options, "regenerate-private-key", wanted.new_key);
  put(options, "dns-names", wanted.dns_names);
  put(options, "ip-addresses", wanted.ip_addresses);
  return options;
}

void deliver(const Wanted& wanted, const SlotName& slot, const Der& request, const Output& output) {
  const std::string content =
      wanted.der ? std::string(request.begin(), request.end()) : to_pem("CERTIFICATE REQUEST", request);
  try {
    if (wanted.out.given()) wanted.out.write(content);
  } catch (const Failure&) {
    output.print(to_pem("CERTIFICATE REQUEST", request));  // the key is made: its request must not be lost
    throw;
  }
  if (output.json()) {
    return output.print_json(
        nlohmann::json{{"slot", slot.text()}, {"certificate-request", to_pem("CERTIFICATE REQUEST", request)}});
  }
  if (!wanted.out.given()) return output.print(content);
  output.print("Wrote the certificate request of " + slot.text() + " to " + printable(wanted.out.path) + "\n");
}

void run(const Wanted& wanted, Session& session) {
  if (wanted.der && !wanted.out.given() && isatty(STDOUT_FILENO) == 1) {
    throw Failure(ExitCode::Usage, "DER is nothing for a terminal", "give --out FILE");
  }
  if (wanted.der && !wanted.out.given() && session.output.json()) {
    throw Failure(ExitCode::Usage, "--der and --json say different forms", "give --out FILE for the one in DER");
  }
  wanted.out.check();
  const auto words = slot_words(wanted.name, wanted.group, wanted.type);
  const auto slot = choose_slot(session.agent.application(words.application), words.group, words.certificate_type);
  Der request;
  session.agent.with_group(slot.application, slot.group, [&](dbus::RemoteGroup& group) {
    request = group.CreateSigningRequest(slot.certificate_type, options_of(wanted));
  });
  deliver(wanted, slot, request, session.output);
}

}  // namespace

void add_csr(CLI::App& app, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = app.add_subcommand("csr", "Make a certificate signing request; the key stays in the TPM");
  command->add_option("NAME", wanted->name, "APPLICATION[/GROUP[/TYPE]]")->type_name("APPLICATION")->required();
  command->add_option("--group", wanted->group, "Certificate group; needed where there are several")
      ->type_name(kCertificateGroups);
  command->add_option("--type", wanted->type, "Certificate type; needed where there are several")
      ->type_name(kCertificateTypes);
  command->add_option("--subject", wanted->subject,
                      "Subject name, e.g. CN=gw1,O=Example; default: as now, else CN=NAME");
  command
      ->add_option("--dns", wanted->dns_names,
                   "DNS name; repeatable; default: those of the current certificate, else the host name")
      ->allow_extra_args(false);
  command->add_option("--ip", wanted->ip_addresses, "IP address; repeatable")->allow_extra_args(false);
  command->add_flag("--new-key", wanted->new_key, "Make a new key, pending until its certificate is installed");
  add_output_file(*command, wanted->out, "File to write; default: the standard output");
  command->add_flag("--der", wanted->der, "DER instead of PEM");
  command->footer("Example:\n  edgesealctl csr web --subject CN=gw1.example.com --dns gw1.example.com --out web.csr");
  command->callback([wanted, &session] { run(*wanted, session); });
}

}  // namespace edgeseal::ctl
