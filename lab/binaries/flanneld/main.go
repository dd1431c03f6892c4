// Flanneld for the lab: flannel's own packages behind a main that links the two backends used here. The upstream main
// also links cloud backends whose SDKs are in no module proxy.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/flannel-io/flannel/pkg/backend"
	_ "github.com/flannel-io/flannel/pkg/backend/hostgw"
	_ "github.com/flannel-io/flannel/pkg/backend/vxlan"
	"github.com/flannel-io/flannel/pkg/ip"
	"github.com/flannel-io/flannel/pkg/ipmatch"
	"github.com/flannel-io/flannel/pkg/subnet"
	"github.com/flannel-io/flannel/pkg/subnet/kube"
	"github.com/flannel-io/flannel/pkg/trafficmngr"
	"github.com/flannel-io/flannel/pkg/trafficmngr/iptables"
	"github.com/flannel-io/flannel/pkg/trafficmngr/nftables"
	"github.com/flannel-io/flannel/pkg/version"
	"k8s.io/klog/v2"
)

const resyncSeconds = 5

var (
	printVersion = flag.Bool("version", false, "print the version and exit")
	kubeManager  = flag.Bool("kube-subnet-mgr", false, "take subnets from the Kubernetes nodes (the only source here)")
	masquerade   = flag.Bool("ip-masq", false, "masquerade traffic that leaves the pod network")
	iface        = flag.String("iface", "", "interface name or address for traffic between hosts (default: the default route's)")
	kubeconfig   = flag.String("kubeconfig-file", "", "kubeconfig (default: the pod's service account)")
	netConf      = flag.String("net-config-path", "/etc/kube-flannel/net-conf.json", "network configuration")
	subnetFile   = flag.String("subnet-file", "/run/flannel/subnet.env", "what the CNI plugin reads")
)

func main() {
	klog.InitFlags(nil)
	flag.Parse()
	if *printVersion {
		fmt.Println(version.Version)
		return
	}
	if !*kubeManager {
		klog.Exit("--kube-subnet-mgr is required: this flanneld has no etcd store")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil && ctx.Err() == nil {
		klog.Exit(err)
	}
}

func run(ctx context.Context) error {
	manager, err := kube.NewSubnetManager(ctx, "", *kubeconfig, "flannel.alpha.coreos.com", *netConf, true)
	if err != nil {
		return fmt.Errorf("subnet manager: %w", err)
	}
	config, err := networkConfig(ctx, manager)
	if err != nil {
		return err
	}
	family, err := ipmatch.GetIPFamily(config.EnableIPv4, config.EnableIPv6)
	if err != nil {
		return err
	}
	public4, public6 := manager.GetStoredPublicIP(ctx)
	wanted := *iface
	if wanted == "" {
		wanted = public4
	}
	external, err := ipmatch.LookupExtIface(wanted, "", "", family, ipmatch.PublicIPOpts{PublicIP: public4, PublicIPv6: public6})
	if err != nil {
		return fmt.Errorf("interface %q: %w", wanted, err)
	}

	var wait sync.WaitGroup
	driver, err := backend.NewManager(ctx, manager, external).GetBackend(config.BackendType)
	if err != nil {
		return fmt.Errorf("backend %s: %w", config.BackendType, err)
	}
	network, err := driver.RegisterNetwork(ctx, &wait, config)
	if err != nil {
		return fmt.Errorf("registering the network: %w", err)
	}
	if err := rules(ctx, config, network); err != nil {
		return err
	}
	own := network.Lease()
	if err := manager.HandleSubnetFile(*subnetFile, config, *masquerade, own.Subnet, own.IPv6Subnet, network.MTU()); err != nil {
		return fmt.Errorf("%s: %w", *subnetFile, err)
	}
	klog.Infof("pod subnet %s by %s over %s, MTU %d", own.Subnet, config.BackendType, external.Iface.Name, network.MTU())

	wait.Add(1)
	go func() {
		defer wait.Done()
		network.Run(ctx)
	}()
	err = manager.CompleteLease(ctx, own, &wait)
	wait.Wait()
	return err
}

// networkConfig asks until the manager knows its configuration or the process is told to stop.
func networkConfig(ctx context.Context, manager subnet.Manager) (*subnet.Config, error) {
	for {
		config, err := manager.GetNetworkConfig(ctx)
		if err == nil && config != nil {
			return config, nil
		}
		klog.Warningf("no network configuration yet: %v", err)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// rules sets the masquerade and forward rules by the table that the configuration names, and removes the other's.
func rules(ctx context.Context, config *subnet.Config, network backend.Network) error {
	var used, unused trafficmngr.TrafficManager = &iptables.IPTablesManager{}, &nftables.NFTablesManager{}
	if config.EnableNFTables {
		used, unused = unused, used
	}
	if err := unused.CleanUp(ctx); err != nil {
		klog.Warningf("rules of the table that is not used stay: %v", err)
	}
	if err := used.Init(ctx); err != nil {
		return fmt.Errorf("packet filter: %w", err)
	}
	if *masquerade {
		// Nothing is known of an earlier subnet: rules of one are replaced at the next resync.
		none4, none6 := ip.IP4Net{}, ip.IP6Net{IP: ip.FromIP6(make([]byte, 16))}
		err := used.SetupAndEnsureMasqRules(ctx, config.Network, none4, none4, config.IPv6Network, none6, none6,
			network.Lease(), resyncSeconds, false)
		if err != nil {
			return fmt.Errorf("masquerade rules: %w", err)
		}
	}
	used.SetupAndEnsureForwardRules(ctx, config.Network, config.IPv6Network, resyncSeconds)
	return nil
}
