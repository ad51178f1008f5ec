# Sealed keys in the sandbox of the unit, and what the TPM remembers of the device.

sealed_key_signs() {
  openssl x509 -in /t/fast.pem -noout -pubkey >/t/fast.pub &&
    openssl dgst -sha256 -sign edgeseal:fast /etc/hostname >/t/fast.signature &&
    openssl dgst -sha256 -verify /t/fast.pub -signature /t/fast.signature /etc/hostname
}
anchor_is() { edgesealctl describe | grep -qE "\"finding\": *\"$1\""; }

check "create an application with a sealed key" edgesealctl application create fast --slot https/https=rsa-2048,sealed
check "certify it" certify fast
check "it signs" sealed_key_signs
check "it is opened in memory that the kernel does not map, or that is locked" \
  grep -qE "/secretmem|memfd:edgeseal-secrets" "/proc/$(agent_pid)/maps"
check "other accounts see none of the agent's memory" refused "Permission denied" as stranger cat "/proc/$(agent_pid)/maps"
check "disk and TPM agree about the device" until_true anchor_is consistent
check "no private key is on the disk" fails grep -rlE "BEGIN .*PRIVATE KEY" /var/lib/edgeseal
check "delete the application" edgesealctl application delete fast --yes
