#include <unistd.h>

#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/pem.h"
#include "dbus/ctl/slot.h"

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
  std::string out;
  bool der = false;
  bool force = false;
};

std::map<std::string, sdbus::Variant> options_of(const Wanted& wanted) {
  std::map<std::string, sdbus::Variant> options;
  if (!wanted.subject.empty()) options.emplace("subject", sdbus::Variant(wanted.subject));
  if (wanted.new_key) options.emplace("regenerate-private-key", sdbus::Variant(true));
  if (!wanted.dns_names.empty()) options.emplace("dns-names", sdbus::Variant(wanted.dns_names));
  if (!wanted.ip_addresses.empty()) options.emplace("ip-addresses", sdbus::Variant(wanted.ip_addresses));
  return options;
}

Existing existing_of(const Wanted& wanted) {
  return wanted.force ? Existing::Replace : Existing::Keep;
}

void deliver(const Wanted& wanted, const SlotName& slot, const Der& request, const Output& output) {
  const std::string content =
      wanted.der ? std::string(request.begin(), request.end()) : to_pem("CERTIFICATE REQUEST", request);
  try {
    if (!wanted.out.empty()) write_file(wanted.out, content, existing_of(wanted));
  } catch (const Failure&) {
    output.print(to_pem("CERTIFICATE REQUEST", request));  // the key is made: its request must not be lost
    throw;
  }
  if (output.json()) {
    return output.print_json(
        nlohmann::json{{"slot", slot.text()}, {"certificate-request", to_pem("CERTIFICATE REQUEST", request)}});
  }
  if (wanted.out.empty()) return output.print(content);
  output.print("Wrote the certificate request of " + slot.text() + " to " + printable(wanted.out) + "\n");
}

void run(const Wanted& wanted, Session& session) {
  if (wanted.der && wanted.out.empty() && isatty(STDOUT_FILENO) == 1) {
    throw Failure(ExitCode::Usage, "DER is nothing for a terminal", "give --out FILE");
  }
  if (!wanted.out.empty()) check_target(wanted.out, existing_of(wanted));
  const auto slot = choose_slot(session.agent.application(wanted.name), wanted.group, wanted.type);
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
  command->add_option("NAME", wanted->name, "Name of the application")->required();
  command->add_option("--group", wanted->group, "Certificate group; needed where there are several");
  command->add_option("--type", wanted->type, "Certificate type; needed where there are several");
  command->add_option("--subject", wanted->subject,
                      "Subject name, e.g. CN=gw1,O=Example; default: as now, else CN=NAME");
  command
      ->add_option("--dns", wanted->dns_names,
                   "DNS name; repeatable; default: those of the current certificate, else the host name")
      ->allow_extra_args(false);
  command->add_option("--ip", wanted->ip_addresses, "IP address; repeatable")->allow_extra_args(false);
  command->add_flag("--new-key", wanted->new_key, "Make a new key, pending until its certificate is installed");
  command->add_option("--out", wanted->out, "File to write; default: the standard output");
  command->add_flag("--der", wanted->der, "DER instead of PEM");
  command->add_flag("--force", wanted->force, "Replace FILE if it exists");
  command->footer("Example:\n  edgesealctl csr web --subject CN=gw1.example.com --dns gw1.example.com --out web.csr");
  command->callback([wanted, &session] { run(*wanted, session); });
}

}  // namespace edgeseal::ctl
