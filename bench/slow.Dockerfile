# A machine whose sshd starts BOOT_S seconds late, as if it had booted that long.
ARG MACHINE
FROM $MACHINE
ARG BOOT_S
RUN printf '[Service]\nExecStartPre=/bin/sleep %s\n' "$BOOT_S" >/etc/systemd/system/ssh.service.d/slow.conf
