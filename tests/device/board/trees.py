"""Machines as files: what their /sys, /proc, /etc and /var hold, from public listings of each board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.device.board import nvpmodel

if TYPE_CHECKING:
    from pathlib import Path

Files = dict[str, str]
"""Contents by path without the leading /; the text after `->` is a link's target."""


def plant(root: Path, files: Files) -> Path:
    """Write a machine's files below a folder."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if content.startswith("->"):
            path.symlink_to(content[2:])
        else:
            path.write_text(content, encoding="utf-8")
    return root


def orin_nano_super() -> Files:
    """Orin Nano 8GB, JetPack 6.2, in its default 25 W."""
    return {
        **jetson("NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super", "R36 (release), REVISION: 4.3"),
        "proc/device-tree/compatible": "nvidia,p3768-0000+p3767-0005-super\0nvidia,p3767-0005\0nvidia,tegra234\0",
        "etc/nvpmodel.conf": "->/etc/nvpmodel/nvpmodel_p3767_0003_super.conf",
        "etc/nvpmodel/nvpmodel_p3767_0003_super.conf": nvpmodel.ORIN_NANO_SUPER,
        "var/lib/nvpmodel/status": "pmode:0001 fmode:quiet\n",
        **gpu("17000000.gpu", 306_000_000, 306_000_000, 918_000_000, 1_020_000_000),
        "sys/devices/platform/gpu.0/load": "0\n",
        **cpus([(0, 3), (4, 5)], 960_000, 729_600, 1_344_000, 1_728_000),
        **monitor(1, [("VDD_IN", 5016, 1496), ("VDD_CPU_GPU_CV", 5016, 432), ("VDD_SOC", 5016, 480)], limit=4984),
        **over_current(3, 0, 15, 37),
        **zones({"cpu-thermal": 49_500, "gpu-thermal": 48_781, "soc0-thermal": 47_500, "tj-thermal": 49_500}),
        **fan(0, "pwmfan", 79, 2, "pwm_tach", 2140),
        **memory(7_802_712, 5_343_220, 3_901_344),
        **nvme(),
    }


def orin_nx() -> Files:
    """Orin NX 16GB, JetPack 6.0, in MAXN."""
    return {
        **jetson("NVIDIA Jetson Orin NX Engineering Reference Developer Kit", "R36 (release), REVISION: 3.0"),
        "proc/device-tree/compatible": "nvidia,p3768-0000+p3767-0000\0nvidia,p3767-0000\0nvidia,tegra234\0",
        "etc/nvpmodel.conf": nvpmodel.ORIN_NX,
        "var/lib/nvpmodel/status": "pmode:0000\n",
        **gpu("17000000.gpu", 918_000_000, 918_000_000, 918_000_000, 918_000_000),
        **cpus([(0, 3), (4, 7)], 1_984_000, 1_984_000, 1_984_000, 1_984_000),
        **monitor(2, [("VDD_IN", 4976, 2208), ("VDD_CPU_GPU_CV", 4976, 952), ("VDD_SOC", 4976, 640)]),
        **over_current(4, 0, 0, 0),
        **zones({"cpu-thermal": 55_000, "gpu-thermal": 53_531, "tj-thermal": 55_406}),
        **memory(15_656_412, 12_003_132, 7_828_192),
        **nvme(),
    }


def agx_orin() -> Files:
    """AGX Orin 64GB, JetPack 5.1.2, in its default 30 W; the older kernel's name for the GPU."""
    return {
        **jetson("NVIDIA Jetson AGX Orin Developer Kit", "R35 (release), REVISION: 4.1"),
        "proc/device-tree/compatible": "nvidia,p3737-0000+p3701-0005\0nvidia,p3701-0005\0nvidia,tegra234\0",
        "etc/nvpmodel.conf": nvpmodel.AGX_ORIN,
        "var/lib/nvpmodel/status": "pmode:0002",
        **gpu("17000000.ga10b", 306_000_000, 306_000_000, 612_000_000, 1_300_500_000),
        "sys/devices/gpu.0/load": "312\n",
        **cpus([(0, 3), (4, 7)], 1_190_400, 729_600, 1_728_000, 2_201_600),
        **monitor(3, [("VDD_GPU_SOC", 843, 6170), ("VDD_CPU_CV", 780, 3437), ("VIN_SYS_5V0", 4968, 953)]),
        **monitor(4, [("NC", 0, 0), ("VDDQ_VDD2_1V8AO", 4968, 80), ("NC", 0, 0)]),
        **over_current(5, 0, 0, 0),
        **zones({"CPU-therm": 44_312, "GPU-therm": 40_000, "tj-therm": 44_312}),
        **memory(64_349_164, 58_209_100, 32_174_576),
        "sys/block/mmcblk0/size": "124190720\n",
        "sys/block/mmcblk0/device/type": "MMC\n",
        "sys/block/mmcblk0/device/name": "G1M15M\n",
        "proc/mounts": "/dev/mmcblk0p1 / ext4 rw,relatime 0 0\n",
    }


def xavier_nx() -> Files:
    """Xavier NX, JetPack 5.1.2, 15 W with six cores, from a card."""
    return {
        **jetson("NVIDIA Jetson Xavier NX Developer Kit", "R35 (release), REVISION: 4.1"),
        "proc/device-tree/compatible": "nvidia,p3509-0000+p3668-0000\0nvidia,tegra194\0",
        "etc/nvpmodel.conf": nvpmodel.XAVIER_NX,
        "var/lib/nvpmodel/status": "pmode:0002 fmode:quiet",
        **gpu("17000000.gv11b", 114_750_000, 114_750_000, 1_109_250_000, 1_109_250_000),
        **cpus([(0, 1), (2, 3), (4, 5)], 1_190_400, 1_190_400, 1_420_800, 1_907_200),
        **monitor(1, [("VDD_IN", 5072, 888), ("VDD_CPU_GPU_CV", 5072, 152), ("VDD_SOC", 5072, 240)]),
        **zones({"CPU-therm": 38_000, "GPU-therm": 36_500, "PMIC-Die": 50_000}),
        **memory(7_118_392, 4_801_996, 3_559_196),
        "sys/block/mmcblk0/size": "249737216\n",
        "sys/block/mmcblk0/device/type": "SD\n",
        "proc/mounts": "/dev/mmcblk0p1 / ext4 rw 0 0\n",
    }


def thor() -> Files:
    """AGX Thor, JetPack 7.1, in its default 120 W; the GPU is switched off and its sensor does not answer."""
    gpu = "sys/class/devfreq/gpu-gpc-0"
    video = "sys/class/devfreq/gpu-nvd-0"
    return {
        **jetson("NVIDIA Jetson AGX Thor Developer Kit", "R38 (release), REVISION: 4.0"),
        "proc/device-tree/compatible": "nvidia,p4071-0000+p3834-0008\0nvidia,p3834-0008\0nvidia,tegra264\0",
        "etc/nvpmodel.conf": nvpmodel.THOR,
        "var/lib/nvpmodel/status": "pmode:0001 fmode:quiet",
        f"{video}/cur_freq": "1692000000\n",
        f"{video}/min_freq": "315000000\n",
        f"{video}/max_freq": "1692000000\n",
        f"{gpu}/cur_freq": "0\n",
        f"{gpu}/min_freq": "315000000\n",
        f"{gpu}/max_freq": "1386000000\n",
        f"{gpu}/available_frequencies": "315000000 1386000000 1575000000\n",
        f"{gpu}/governor": "nvhost_podgov\n",
        "sys/class/devfreq/bwmgr/cur_freq": "665600000\n",
        "sys/class/devfreq/bwmgr/min_freq": "665600000\n",
        "sys/class/devfreq/bwmgr/max_freq": "4266000000\n",
        **cpus([(0, 13)], 2_601_000, 54_000, 2_601_000, 2_601_000),
        **monitor(1, [("VDD_GPU", 11_950, 0), ("VDD_CPU_SOC_MSS", 11_950, 545), ("VIN_SYS_5V0", 4970, 1312)]),
        "sys/class/hwmon/hwmon2/name": "ina238\n",
        "sys/class/hwmon/hwmon2/in1_input": "19012\n",
        "sys/class/hwmon/hwmon2/curr1_input": "1210\n",
        "sys/class/hwmon/hwmon2/power1_input": "23004520\n",
        **over_current(5, 0, 0, 179),
        **zones({"cpu-thermal": 53_687, "tj-thermal": 55_125, "soc012-thermal": 55_125, "soc345-thermal": 53_687}),
        "sys/class/thermal/thermal_zone9/type": "gpu-thermal\n",
        **fan(6, "pwmfan", 58, 2, "pwm_tach", 1786),
        **memory(128_771_508, 120_110_012, 0),
        **nvme(),
    }


def raspberry_pi_5() -> Files:
    """Raspberry Pi 5 8GB on Raspberry Pi OS 12; its kernel has no get_throttled file."""
    return {
        "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
        "proc/device-tree/compatible": "raspberrypi,5-model-b\0brcm,bcm2712\0",
        "proc/sys/kernel/osrelease": "6.6.51+rpt-rpi-2712\n",
        "proc/uptime": "812.44 3011.93\n",
        **cpus([(0, 3)], 1_500_000, 1_500_000, 2_400_000, 2_400_000),
        **zones({"cpu-thermal": 51_200}),
        "sys/class/hwmon/hwmon1/name": "rp1_adc\n",
        "sys/class/hwmon/hwmon1/in1_input": "1486\n",
        **fan(2, "pwmfan", 75, 1, "pwmfan", 3012),
        "sys/class/hwmon/hwmon3/name": "rpi_volt\n",
        "sys/class/hwmon/hwmon3/in0_lcrit_alarm": "0\n",
        **memory(8_254_608, 7_402_112, 204_784, zram=False),
        "sys/class/rtc/rtc0/since_epoch": "1793750400\n",
        "sys/block/mmcblk0/size": "62333952\n",
        "sys/block/mmcblk0/device/type": "SD\n",
        "sys/block/mmcblk0/device/name": "SD32G\n",
        "proc/mounts": "/dev/mmcblk0p2 / ext4 rw,noatime 0 0\n",
        "run/systemd/timesync/synchronized": "",
    }


def old_nano() -> Files:
    """Nano with JetPack 4.6: the power monitor of the kernel 4.9."""
    monitor = "sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0"
    rails = [("POM_5V_IN", 5136, 560), ("POM_5V_GPU", 5136, 40), ("POM_5V_CPU", 5136, 120)]
    files = jetson("NVIDIA Jetson Nano Developer Kit", "R32 (release), REVISION: 7.1")
    for channel, (label, millivolts, milliamperes) in enumerate(rails):
        files[f"{monitor}/rail_name_{channel}"] = f"{label}\n"
        files[f"{monitor}/in_voltage{channel}_input"] = f"{millivolts}\n"
        files[f"{monitor}/in_current{channel}_input"] = f"{milliamperes}\n"
    gpu = "sys/devices/57000000.gpu/devfreq/57000000.gpu"
    return {**files, f"{gpu}/cur_freq": "76800000\n", f"{gpu}/min_freq": "76800000\n", f"{gpu}/max_freq": "921600000\n"}


def pc() -> Files:
    """A plain Intel PC that was hot."""
    return {
        "sys/class/dmi/id/sys_vendor": "Dell Inc.\n",
        "sys/class/dmi/id/product_name": "Latitude 7450\n",
        **cpus([(0, 0), (1, 1)], 400_000, 400_000, 4_800_000, 4_800_000),
        "sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count": "12\n",
        "sys/devices/system/cpu/cpu1/thermal_throttle/package_throttle_count": "12\n",
        **zones({"x86_pkg_temp": 61_000}),
        "sys/class/thermal/cooling_device0/type": "Processor\n",
        "sys/class/thermal/cooling_device0/cur_state": "0\n",
        "sys/class/thermal/cooling_device1/type": "intel_powerclamp\n",
        "sys/class/thermal/cooling_device1/cur_state": "-1\n",
        **memory(32_521_344, 25_113_040, 8_388_604, zram=False),
        **nvme(),
    }


BOARDS = {
    board.__name__: board
    for board in (orin_nano_super, orin_nx, agx_orin, xavier_nx, thor, raspberry_pi_5, old_nano, pc)
}


def jetson(model: str, release: str) -> Files:
    return {
        "proc/device-tree/model": f"{model}\0",
        "etc/nv_tegra_release": f"# {release}, GCID: 38968081, BOARD: generic, EABI: aarch64, DATE: Wed Jan  8 2025\n",
        "proc/sys/kernel/osrelease": "5.15.148-tegra\n",
        "proc/uptime": "3605.12 18201.55\n",
        "run/systemd/timesync/synchronized": "",
        "sys/class/rtc/rtc0/since_epoch": "1793750400\n",
        "sys/class/thermal/cooling_device0/type": "cpu-throttle-alert\n",
        "sys/class/thermal/cooling_device0/cur_state": "0\n",
        "sys/class/thermal/cooling_device1/type": "pwm-fan\n",
        "sys/class/thermal/cooling_device1/cur_state": "2\n",
    }


def gpu(name: str, now: int, lowest: int, highest: int, top: int) -> Files:
    folder = f"sys/class/devfreq/{name}"
    return {
        f"{folder}/cur_freq": f"{now}\n",
        f"{folder}/min_freq": f"{lowest}\n",
        f"{folder}/max_freq": f"{highest}\n",
        f"{folder}/available_frequencies": f"{lowest} {highest} {top}\n",
        f"{folder}/governor": "nvhost_podgov\n",
        "sys/class/devfreq/15340000.vic/cur_freq": "115200000\n",
    }


def cpus(groups: list[tuple[int, int]], now: int, lowest: int, highest: int, top: int) -> Files:
    files: Files = {}
    for first, last in groups:
        folder = f"sys/devices/system/cpu/cpufreq/policy{first}"
        values = {"scaling_cur_freq": now, "scaling_min_freq": lowest, "scaling_max_freq": highest}
        files |= {f"{folder}/{name}": f"{value}\n" for name, value in values.items()}
        files[f"{folder}/cpuinfo_max_freq"] = f"{top}\n"
        files[f"{folder}/affected_cpus"] = " ".join(map(str, range(first, last + 1))) + "\n"
        files[f"{folder}/scaling_governor"] = "schedutil\n"
    return files


def monitor(number: int, rails: list[tuple[str, int, int]], limit: int | None = None) -> Files:
    """An INA3221 with the kernel's own sums in its last channels."""
    folder = f"sys/class/hwmon/hwmon{number}"
    files = {f"{folder}/name": "ina3221\n"}
    for channel, (label, millivolts, milliamperes) in enumerate(rails, start=1):
        files[f"{folder}/in{channel}_label"] = f"{label}\n"
        files[f"{folder}/in{channel}_input"] = f"{millivolts}\n"
        files[f"{folder}/curr{channel}_input"] = f"{milliamperes}\n"
        if limit is not None:
            files[f"{folder}/curr{channel}_max"] = f"{limit}\n"
    files[f"{folder}/in7_label"] = "sum of shunt voltages\n"
    files[f"{folder}/in7_input"] = "12040\n"
    files[f"{folder}/curr4_input"] = f"{sum(rail[2] for rail in rails)}\n"
    return files


def over_current(number: int, *counts: int) -> Files:
    folder = f"sys/class/hwmon/hwmon{number}"
    files = {f"{folder}/name": "soctherm_oc\n"}
    for event, count in enumerate(counts, start=1):
        files[f"{folder}/oc{event}_event_cnt"] = f"{count}\n"
        files[f"{folder}/oc{event}_throt_en"] = "1\n"
    return files


def zones(temperatures: dict[str, int]) -> Files:
    files: Files = {}
    for number, (name, millidegrees) in enumerate(temperatures.items()):
        folder = f"sys/class/thermal/thermal_zone{number}"
        files |= {f"{folder}/type": f"{name}\n", f"{folder}/temp": f"{millidegrees}\n"}
        files |= {f"{folder}/trip_point_0_type": "passive\n", f"{folder}/trip_point_0_temp": "99000\n"}
        files |= {f"{folder}/trip_point_1_type": "critical\n", f"{folder}/trip_point_1_temp": "104500\n"}
    return files


def fan(number: int, name: str, duty: int, channel: int, tachometer: str, rpm: int) -> Files:
    folder = f"sys/class/hwmon/hwmon{number}"
    files = {f"{folder}/name": f"{name}\n", f"{folder}/pwm{1}": f"{duty}\n"}
    if tachometer == name:
        return {**files, f"{folder}/fan{channel}_input": f"{rpm}\n"}
    other = f"sys/class/hwmon/hwmon{number + 10}"
    return {**files, f"{other}/name": f"{tachometer}\n", f"{other}/rpm": f"{rpm}\n"}


def memory(total: int, available: int, swap: int, *, zram: bool = True) -> Files:
    device = "/dev/zram0" if zram else "/var/swap"
    rows = f"{device} partition {swap} 0 5\n" if swap else ""
    return {
        "proc/meminfo": f"MemTotal: {total} kB\nMemFree: 1024 kB\nMemAvailable: {available} kB\nActive(anon): 12 kB\n"
        f"SwapTotal: {swap} kB\nSwapFree: {swap} kB\nHugePages_Total: 0\n",
        "proc/swaps": f"Filename Type Size Used Priority\n{rows}",
    }


def nvme() -> Files:
    return {
        "sys/block/nvme0n1/size": "500118192\n",
        "sys/block/nvme0n1/device/model": "Samsung SSD 970 EVO Plus 250GB\n",
        "sys/block/loop0/size": "32768\n",
        "sys/block/zram0/size": "975336\n",
        "proc/mounts": "proc /proc proc rw 0 0\n/dev/nvme0n1p1 / ext4 rw,relatime 0 0\n",
    }
