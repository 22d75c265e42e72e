/** What busybox has beside the programs of the model, as data: a name that is in neither is not found. */

const NAMES =
  'addgroup adduser adjtimex ar arch arp arping base32 basename bc blkid bunzip2 bzcat bzip2 cal chattr chgrp chpasswd chroot chvt cksum clear cmp comm cp cpio crond crontab cryptpw dc deallocvt depmod diff dirname dmesg dnsdomainname dos2unix du dumpkmap echo ed egrep eject expand factor fallocate fbset fdformat fdisk fgrep find fold fsck ftpd ftpget ftpput fuser getopt getty groups halt hd head hexdump hostid httpd hush hwclock ifconfig ifdown ifup inetd init insmod install ionice iostat ip ipcalc ipcrm ipcs kbd_mode killall5 klogd last link linux32 linux64 loadfont logger login logname logread losetup lsattr lsmod lsof lspci lsscsi lsusb lzcat lzma makedevs makemime mesg mkdosfs mke2fs mkfifo mkfs.vfat mknod mkpasswd mkswap mktemp modinfo modprobe more mountpoint mpstat mt nameif nanddump nbd-client nl nmeter nsenter nslookup ntpd od openvt partprobe passwd paste patch pipe_progress pivot_root pmap popmaildir poweroff powertop pscan pstree pwdx raidautorun rdate rdev readahead readlink readprofile realpath reboot reformime renice reset resize resume rmdir rmmod route rpm run-parts runlevel runsv runsvdir rx script scriptreplay sendmail setconsole setfattr setfont setkeycodes setlogcons setpriv setserial setsid setuidgid shred shuf slattach smemcap softlimit split ssl_client start-stop-daemon stat strings su sulogin sum sv svc svlogd swapoff swapon switch_root syslogd tac taskset tc tcpsvd telnet telnetd tftp tftpd timeout traceroute traceroute6 truncate ts tty ttysize tunctl ubiattach udhcpc udhcpd udpsvd uevent uncompress unexpand unix2dos unlink unlzma unshare unxz uptime users usleep uudecode uuencode vconfig vi vlock volname w wall watchdog which who whois xxd xz xzcat zcat zcip';

/** Builtins of the shell that do nothing here. */
const BUILTINS =
  'alias bg cd chdir eval fg getopts hash help history jobs printf pwd read return shift source times type unalias .';

/** Names that exist in busybox though the model does not know what they do. */
export const applets: ReadonlySet<string> = new Set(`${NAMES} ${BUILTINS}`.split(' '));
